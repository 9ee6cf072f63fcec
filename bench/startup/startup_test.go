//go:build unix

package startup

import (
	"cmp"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/sextant-dev/sextant/internal/test/program"
)

// rounds is how often each program is started. They take turns, so that what
// else the machine does disturbs all of them alike.
const rounds = 60

// What `eval` on a replay may cost at most: so many times an empty process, and
// so much memory.
const (
	maxRatio  = 5
	maxMemory = 12 << 20
)

// measured is one command line to measure.
type measured struct {
	name string
	args []string
	took []time.Duration
	cpu  []time.Duration // user and system
	rss  []int64         // bytes at the most
}

// BenchmarkStartup starts each program in turn, prints a table, and reports of
// `eval` the least time in empty processes, and the memory.
func BenchmarkStartup(b *testing.B) {
	dir := b.TempDir()
	quickstart := filepath.Join("..", "..", "examples", "quickstart")
	build := func(command string) string {
		path, err := program.Build(dir, command)
		if err != nil {
			b.Fatal(err)
		}
		return path
	}
	sextant := build("cmd/sextant")
	eval := []string{sextant, "eval", "--clusters", filepath.Join(quickstart, "clusters.yaml"), filepath.Join(quickstart, "Clusterfile")}
	programs := []*measured{
		{name: "empty process", args: []string{build("bench/startup/testdata/empty")}},
		{name: "bare starlark", args: []string{build("bench/startup/testdata/bare"), filepath.Join("testdata", "bare", "Clusterfile")}},
		{name: "sextant version", args: []string{sextant, "version"}},
		{name: "sextant eval, replayed", args: eval},
	}
	for _, p := range programs {
		if err := p.start(); err != nil { // into the page cache
			b.Fatal(err)
		}
		p.took, p.cpu, p.rss = nil, nil, nil
	}
	for b.Loop() {
		for range rounds {
			for _, p := range programs {
				if err := p.start(); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Log("\n" + table(programs))
	empty, replay := programs[0], programs[len(programs)-1]
	ratio, memory := float64(slices.Min(replay.took))/float64(slices.Min(empty.took)), slices.Min(replay.rss)
	b.ReportMetric(0, "ns/op") // that of all rounds tells nothing
	b.ReportMetric(ratio, "eval/empty")
	b.ReportMetric(float64(memory)/(1<<20), "eval-MiB")
	if ratio > maxRatio || memory > maxMemory {
		b.Logf("eval takes %.1f times an empty process and %.1f MiB; it should take at most %d times and %d MiB",
			ratio, float64(memory)/(1<<20), maxRatio, maxMemory>>20)
	}
}

func (p *measured) start() error {
	cmd := exec.Command(p.args[0], p.args[1:]...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	begin := time.Now()
	err := cmd.Run()
	took := time.Since(begin)
	if err != nil {
		return fmt.Errorf("%s: %w: %s", p.name, err, stderr.String())
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("the system does not tell what a process used")
	}
	unit := int64(1) << 10 // getrusage(2) counts KiB,
	if runtime.GOOS == "darwin" {
		unit = 1 // but bytes there
	}
	p.took = append(p.took, took)
	p.cpu = append(p.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	p.rss = append(p.rss, usage.Maxrss*unit)
	return nil
}

// table has a row a program; the ratio is that of the least times.
func table(programs []*measured) string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "program\tleast ms\tmedian ms\tratio\tleast CPU ms\tmedian CPU ms\tMiB\t")
	for _, p := range programs {
		fmt.Fprintf(w, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.1f\t\n", p.name,
			milliseconds(slices.Min(p.took)), milliseconds(median(p.took)),
			float64(slices.Min(p.took))/float64(slices.Min(programs[0].took)),
			milliseconds(slices.Min(p.cpu)), milliseconds(median(p.cpu)), float64(slices.Min(p.rss))/(1<<20))
	}
	w.Flush()
	return text.String()
}

func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
