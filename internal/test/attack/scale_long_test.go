//go:build long && linux

package attack

import "testing"

func TestTwoThousandClusters(t *testing.T) { manyClusters(t, 2_000) }
