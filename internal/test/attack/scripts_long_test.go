//go:build long && unix

package attack

import "testing"

func TestInterruptsAll(t *testing.T) { interrupts(t, 200) }
