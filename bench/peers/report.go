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
%d cores, %s. Each Deployment
has three containers and an init container, and a Service and a ConfigMap behind
it; all images move to one registry. A time is the fastest of several runs, end
to end, process start included; the commands take turns. The last column compares what was printed with
what sextant prints, as data.
`, time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load())
}

// load says how busy the machine is with other things.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "of unknown load"
	}
	return "load averages " + strings.Join(strings.Fields(string(data))[:3], ", ") + " at the start"
}

// What sextant is to reach: times by the number of Deployments, and the rest at
// every size.
var mostTime = map[int]time.Duration{1000: 15 * time.Millisecond, 10000: 80 * time.Millisecond}

// leastOfKbld is how many times faster than kbld, where that is on PATH.
var leastOfKbld = map[int]float64{1000: 90, 10000: 150}

const (
	mostCopies = 3.5      // times cp, where mostTime has the size
	mostMemory = 64 << 20 // bytes
)

// goals writes what was reached and what was missed.
func (s *size) goals(w io.Writer) {
	own := s.results[0]
	line := func(reached bool, format string, args ...any) {
		fmt.Fprintf(w, "- %s: %s\n", fmt.Sprintf(format, args...), verdict(reached))
	}
	fmt.Fprintln(w)
	line(own.peak <= mostMemory, "at most %d MiB", mostMemory>>20)
	most, ok := mostTime[s.n]
	if !ok {
		return
	}
	line(own.wall <= most, "at most %s", milliseconds(most))
	for _, r := range s.results {
		times := float64(own.wall) / float64(r.wall)
		switch r.name {
		case "cp":
			line(times <= mostCopies, "at most %.1f times cp, and it is %.2f", mostCopies, times)
		case "sed":
			line(times < 1, "faster than sed")
		case "kbld":
			line(1/times >= leastOfKbld[s.n], "at least %g times as fast as kbld, and it is %.0f", leastOfKbld[s.n], 1/times)
		}
	}
}

func verdict(reached bool) string {
	if reached {
		return "reached"
	}
	return "missed"
}

// linear writes whether time grows with the input and no faster.
func linear(w io.Writer, sizes []*size) {
	for i := 1; i < len(sizes); i++ {
		few, many := sizes[i-1], sizes[i]
		more := float64(many.n) / float64(few.n)
		times := float64(many.results[0].wall) / float64(few.results[0].wall)
		fmt.Fprintf(w, "\n%g times the Deployments of %d in at most %g times the time, and it is %.1f: %s\n",
			more, few.n, 1.1*more, times, verdict(times <= 1.1*more))
	}
}

// table writes the results.
func (s *size) table(w io.Writer) {
	fmt.Fprintf(w, "\n## %d Deployments, %.1f MB\n\n", s.n, float64(s.bytes)/1e6)
	fmt.Fprintln(w, "| command | time | CPU | times sextant | peak memory | output |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for _, r := range s.results {
		memory := "unknown"
		if r.peak > 0 {
			memory = fmt.Sprintf("%.0f MiB", float64(r.peak)/(1<<20))
		}
		fmt.Fprintf(w, "| %s | %s | %s | %.2f | %s | %s |\n",
			r.name, milliseconds(r.wall), milliseconds(r.cpu), float64(r.wall)/float64(s.results[0].wall), memory, r.output)
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
