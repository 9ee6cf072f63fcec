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

// measured is one command line to measure.
type measured struct {
	name string
	args []string
	took []time.Duration
	cpu  []time.Duration // user and system
	rss  []int64         // bytes at the most
}

// BenchmarkStartup starts each program in turn, prints a table, and reports the least
// CPU time and the memory of sextant, in those of the program that only links.
func BenchmarkStartup(b *testing.B) {
	programs := build(b)
	for b.Loop() {
		run(b, programs)
	}
	b.Log("\n" + table(programs))
	b.ReportMetric(0, "ns/op") // that of all rounds means nothing
	for i, name := range []string{"version", "eval"} {
		cpu, memory := programs[linked+1+i].ratios(programs[linked])
		b.ReportMetric(cpu, name+"/linked-CPU")
		b.ReportMetric(memory, name+"/linked-memory")
	}
}

// linked is the place of the program that only links; version and eval follow.
const linked = 2

// build makes the programs.
func build(tb testing.TB) []*measured {
	tb.Helper()
	dir := tb.TempDir()
	binary := func(command string) string {
		path, err := program.Build(dir, command)
		if err != nil {
			tb.Fatal(err)
		}
		return path
	}
	quickstart := filepath.Join("..", "..", "examples", "quickstart")
	sextant := binary("cmd/sextant")
	return []*measured{
		{name: "empty process", args: []string{binary("bench/startup/testdata/empty")}},
		{name: "bare starlark", args: []string{binary("bench/startup/testdata/bare"), filepath.Join("testdata", "bare", "Clusterfile")}},
		{name: "libraries linked", args: []string{binary("bench/startup/testdata/linked")}},
		{name: "sextant version", args: []string{sextant, "version"}},
		{name: "sextant eval, replayed", args: []string{sextant, "eval", "--clusters", filepath.Join(quickstart, "clusters.yaml"), filepath.Join(quickstart, "Clusterfile")}},
	}
}

// run starts each program rounds times, after once into the page cache.
func run(tb testing.TB, programs []*measured) {
	tb.Helper()
	for round := range rounds + 1 {
		for _, p := range programs {
			if err := p.start(); err != nil {
				tb.Fatal(err)
			}
			if round == 0 {
				p.took, p.cpu, p.rss = nil, nil, nil
			}
		}
	}
}

// ratios returns p's least CPU time and memory in those of another program.
func (p *measured) ratios(of *measured) (cpu, memory float64) {
	return float64(slices.Min(p.cpu)) / float64(slices.Min(of.cpu)), float64(slices.Min(p.rss)) / float64(slices.Min(of.rss))
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
		return errors.New("the system does not report what a process used")
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
