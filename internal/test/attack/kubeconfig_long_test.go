//go:build long

package attack

import "testing"

func TestKubeconfigTenThousandContexts(t *testing.T) { manyContexts(t, 10_000) }
