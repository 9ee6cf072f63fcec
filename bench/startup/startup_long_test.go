//go:build long && linux

package startup

import "testing"

// What may be taken of the time on processors, and of the memory, that a program takes
// which does nothing, but links the libraries that sextant has to: so the bounds hold on
// any machine. Where the time goes is in docs/benchmarks.md.
const (
	maxCPUOfVersion    = 1.5
	maxCPUOfEval       = 1.9
	maxMemoryOfVersion = 1.45
	maxMemoryOfEval    = 1.65
)

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
