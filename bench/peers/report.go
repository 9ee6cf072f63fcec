package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

func intro(w io.Writer) {
	fmt.Fprintf(w, `# Images in manifests, compared

Made by `+"`make bench-peers`"+` (bench/peers) on %s with %s on %s/%s,
%d cores, %s. All images move
to one registry. Time and CPU are each the least of several runs, end to end, process
start included; the commands take turns. The last column compares what was printed with
what sextant prints, as data: sed knows one spelling of a line with an image.

What holds for these inputs need not hold for others: run it on yours with
`+"`go run ./bench/peers -sizes \"\" -varied 0 -corpus FILE...`"+`.
`, time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load())
}

// load describes how busy the machine is with other things.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "of unknown load"
	}
	return "load averages " + strings.Join(strings.Fields(string(data))[:3], ", ") + " at the start"
}

// What sextant is to reach on every input.
const (
	mostMemory = 48 << 20 // bytes
	mostParsed = 0.01     // of the input, by the YAML parser
)

// goals writes what was reached and what was missed.
func (m *measurement) goals(w io.Writer) {
	own := m.results[0]
	line := func(reached bool, format string, args ...any) {
		fmt.Fprintf(w, "- %s: %s\n", fmt.Sprintf(format, args...), verdict(reached))
	}
	fmt.Fprintln(w)
	line(own.peak <= mostMemory, "at most %d MiB", mostMemory>>20)
	parsed := float64(m.facts.parsed) / float64(m.facts.bytes)
	line(parsed < mostParsed, "less than %g percent left to the YAML parser, and it is %.2f", 100*mostParsed, 100*parsed)
	if most := m.goal.wall; most > 0 {
		line(own.wall <= time.Duration(most*float64(time.Millisecond)), "at most %g ms", most)
	}
	for _, r := range m.results {
		if times := float64(own.cpu) / float64(r.cpu); r.name == "sed" && m.goal.ofSed > 0 {
			line(times <= m.goal.ofSed, "at most %g of sed's CPU time, and it is %.2f", m.goal.ofSed, times)
		}
	}
}

func verdict(reached bool) string {
	if reached {
		return "reached"
	}
	return "missed"
}

// linear writes whether CPU time grows with the sample and no faster.
func linear(w io.Writer, all []*measurement) {
	for i := 1; i < len(all); i++ {
		few, many := all[i-1], all[i]
		if few.deployments == 0 || many.deployments == 0 {
			continue
		}
		more := float64(many.deployments) / float64(few.deployments)
		times := float64(many.results[0].cpu) / float64(few.results[0].cpu)
		fmt.Fprintf(w, "\n%g times the Deployments of %d in at most %g times the CPU time, and it is %.1f: %s\n",
			more, few.deployments, 1.1*more, times, verdict(times <= 1.1*more))
	}
}

// table writes the results.
func (m *measurement) table(w io.Writer) {
	x := m.facts
	fmt.Fprintf(w, "\n## %s: %.1f MB\n\n%s There are %d objects of %d kinds with %d images.\n\n",
		m.title, float64(x.bytes)/1e6, m.about, x.objects, x.kinds, x.images)
	fmt.Fprintln(w, "| command | time | CPU | times sextant's CPU | peak memory | output |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, r := range m.results {
		memory := "unknown"
		if r.peak > 0 {
			memory = fmt.Sprintf("%.0f MiB", float64(r.peak)/(1<<20))
		}
		fmt.Fprintf(w, "| %s | %s | %s | %.2f | %s | %s |\n",
			r.name, milliseconds(r.wall), milliseconds(r.cpu), float64(r.cpu)/float64(m.results[0].cpu), memory, r.output)
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
