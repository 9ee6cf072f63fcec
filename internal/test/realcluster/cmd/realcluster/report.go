package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// event is one line of `go test -json`; `go doc test2json` has its fields.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// report is what became of the tests.
type report struct {
	packages       int
	passed, failed int
	// skipped has a line a test: its name and why it did not run.
	skipped []string
}

// readEvents shows a line a package, and all that a failing test printed, as
// they come.
func readEvents(r io.Reader, out io.Writer) (*report, error) {
	rep := new(report)
	printed := make(map[string][]string) // by package and test
	for lines := json.NewDecoder(bufio.NewReader(r)); ; {
		var e event
		if err := lines.Decode(&e); errors.Is(err, io.EOF) {
			return rep, nil
		} else if err != nil {
			return rep, fmt.Errorf("read what go test says: %w", err)
		}
		id := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			printed[id] = append(printed[id], e.Output)
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "pass", "fail", "skip":
			rep.add(e, printed[id], out)
			delete(printed, id)
		}
	}
}

func (r *report) add(e event, printed []string, out io.Writer) {
	switch {
	case e.Test == "":
		r.packages++
		if e.Action == "fail" {
			fmt.Fprint(out, strings.Join(printed, ""))
		}
		word := map[string]string{"pass": "ok", "fail": "FAIL", "skip": "?"}[e.Action]
		fmt.Fprintf(out, "%s\t%s\t%s\n", word, e.Package, time.Duration(e.Elapsed*float64(time.Second)))
	case e.Action == "pass":
		r.passed++
	case e.Action == "fail":
		r.failed++
		fmt.Fprint(out, strings.Join(printed, ""))
	case e.Action == "skip":
		r.skipped = append(r.skipped, fmt.Sprintf("%s in %s: %s", e.Test, e.Package, reason(printed)))
	}
}

// reason is what a test said before it was skipped, without the place.
func reason(printed []string) string {
	for _, line := range printed {
		line = strings.TrimSpace(line)
		if _, said, ok := strings.Cut(line, ".go:"); ok {
			_, said, _ = strings.Cut(said, ": ")
			return strings.TrimPrefix(said, "not run: ")
		}
	}
	return "it does not say why"
}

func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "real tests: %d packages, %d tests passed, %d failed, %d not run\n", r.packages, r.passed, r.failed, len(r.skipped))
	for _, line := range r.skipped {
		fmt.Fprintf(out, "not run: %s\n", line)
	}
}
