//go:build long

package attack

import "testing"

func TestNetworkChaosAll(t *testing.T) { networkChaos(t, 10_000, 6) }
