//go:build long && linux

package attack

import "testing"

func TestInterruptsAll(t *testing.T) { interrupts(t, 200) }

// TestWorstBuiltinsAll passes every one of the worst arguments to every parameter.
func TestWorstBuiltinsAll(t *testing.T) {
	t.Run("eval", func(t *testing.T) { worstEval(t, worstCalls(2)) })
	t.Run("test", func(t *testing.T) { worstTest(t, worstCalls(len(worstArguments))) })
}

func TestHostileSourcesAll(t *testing.T) { hostileSources(t, true) }

// TestOddBuiltinsAll passes every one of the odd arguments to every parameter.
func TestOddBuiltinsAll(t *testing.T) { worstTest(t, oddCalls(len(oddArguments()))) }
