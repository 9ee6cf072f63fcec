//go:build long && linux

package startup

import "testing"

// TestStartup holds the start of sextant to that of a program that only links the same
// libraries. A busy machine disturbs all of them, so the least of many rounds counts, and
// a round that was too slow is followed by two more.
func TestStartup(t *testing.T) {
	programs := build(t)
	bounds := []struct {
		name        string
		cpu, memory float64
	}{
		{"version", maxCPUOfVersion, maxMemoryOfVersion},
		{"eval", maxCPUOfEval, maxMemoryOfEval},
	}
	for attempt := 1; ; attempt++ {
		run(t, programs)
		over := false
		for i, b := range bounds {
			cpu, memory := programs[linked+1+i].ratios(programs[linked])
			t.Logf("%s takes %.2f of the CPU time and %.2f of the memory, at most %.2f and %.2f are allowed", b.name, cpu, memory, b.cpu, b.memory)
			over = over || cpu > b.cpu || memory > b.memory
		}
		if !over {
			return
		}
		if attempt == 3 {
			t.Fatalf("over the bounds in %d attempts\n%s", attempt, table(programs))
		}
	}
}
