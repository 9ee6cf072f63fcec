package main

import (
	"fmt"
	"io"
	"runtime"
	"time"
)

func intro(w io.Writer) {
	fmt.Fprintf(w, `# Images in manifests, compared

Made by `+"`make bench-peers`"+` (bench/peers) with %s on %s/%s, %d cores. Each Deployment
has three containers and an init container, and a Service and a ConfigMap behind
it; all images move to one registry. A time is the fastest of several runs, end
to end, process start included. The last column compares what was printed with
what sextant prints, as data.
`, runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
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
