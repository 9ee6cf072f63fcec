//go:build long

package watch

import "testing"

// TestKubeconfigEditsAll takes over a minute.
func TestKubeconfigEditsAll(t *testing.T) { testEdits(t, 200) }
