package scripttest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/printer"
)

// Report is what the tests came to, in the order of the files.
type Report struct {
	Results []Result
	// Coverage is that of each script that ran, by the name of the file. It is
	// nil unless [Config.Cover] was set.
	Coverage []FileCoverage
}

// Result is what one test came to.
type Result struct {
	// Name is the test's: the path of its folder, archive or file, and for an
	// assertion test a colon and its function.
	Name string
	// File is the script that ran, "" for one in an archive, whose path is Name's.
	File string
	// Printed is what the script printed and warned of, in order.
	Printed string
	// Elapsed is how long it took. Nothing else of a report depends on when and
	// where the tests run.
	Elapsed time.Duration
	// Failures are why it failed; none if it passed.
	Failures []Failure
	// Updated are the golden files that were written.
	Updated []string
	// Accept is the command that accepts what the test made; "" if there is
	// nothing to accept.
	Accept string

	// function reports whether the test is a function: what a golden test prints
	// is for want.print.
	function bool
}

// Failure is one reason why a test failed.
type Failure struct {
	// Golden is the golden file concerned, "" for none.
	Golden string
	// Message describes what is wrong, on one line or more.
	Message string
	// Summary is one line for a list of failures, "" for the first of Message.
	Summary string
	// Diff is a unified diff from the golden file to what the test made, or from
	// the value that an assertion wanted to the one that it got.
	Diff string
}

// summary is the failure on one line.
func (f *Failure) summary() string {
	line, _, _ := strings.Cut(cmp.Or(f.Summary, f.Message), "\n")
	return diag.PrintableLine(line)
}

// Failed returns how many tests failed.
func (r *Report) Failed() int {
	n := 0
	for i := range r.Results {
		if len(r.Results[i].Failures) > 0 {
			n++
		}
	}
	return n
}

// outcome is pass, fail or updated.
func (r *Result) outcome() string {
	switch {
	case len(r.Failures) > 0:
		return "fail"
	case len(r.Updated) > 0:
		return "updated"
	}
	return "pass"
}

// text is what a test function printed, why a test failed, and what was written
// all the same, for people.
func (r *Result) text() string {
	var b strings.Builder
	if r.Printed != "" && r.function {
		writeLine(&b, diag.Printable(r.Printed))
	}
	return b.String() + r.failures()
}

// failures is why the test failed.
func (r *Result) failures() string {
	if len(r.Failures) == 0 {
		return ""
	}
	var b strings.Builder
	for _, f := range r.Failures {
		writeLine(&b, diag.Printable(f.Message))
		b.WriteString(diag.Printable(f.Diff))
	}
	if len(r.Updated) > 0 {
		writeLine(&b, "wrote "+strings.Join(r.Updated, ", "))
	}
	if r.Accept != "" {
		writeLine(&b, "accept with: "+diag.PrintableLine(r.Accept))
	}
	return b.String()
}

// writeLine writes a string and the end of its last line.
func writeLine(b *strings.Builder, text string) {
	b.WriteString(strings.TrimSuffix(text, "\n") + "\n")
}

// broken makes the failures of a test that cannot run.
func broken(err error) []Failure { return []Failure{{Message: err.Error()}} }

// write writes a string to w.
func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// jsonResult is a result in JSON.
type jsonResult struct {
	Name     string        `json:"name"`
	Outcome  string        `json:"outcome"`
	Printed  string        `json:"printed,omitempty"`
	Failures []jsonFailure `json:"failures,omitempty"`
	Updated  []string      `json:"updated,omitempty"`
	Accept   string        `json:"accept,omitempty"`
}

type jsonFailure struct {
	Golden  string `json:"golden,omitempty"`
	Message string `json:"message"`
	Diff    string `json:"diff,omitempty"`
}

func (r *Report) writeJSON(w io.Writer) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i := range r.Results {
		result := &r.Results[i]
		out := jsonResult{Name: result.Name, Outcome: result.outcome(), Printed: result.Printed, Updated: result.Updated, Accept: result.Accept}
		for _, f := range result.Failures {
			out.Failures = append(out.Failures, jsonFailure{Golden: f.Golden, Message: f.Message, Diff: f.Diff})
		}
		if err := e.Encode(out); err != nil {
			return err
		}
	}
	_, err := w.Write(printer.EscapeJSON(b.Bytes()))
	return err
}

// Formats are the formats of [Report.Write], the default first.
var Formats = []string{"text", "json", "junit"}

// Write writes the results in one of [Formats]: text for people; json, one
// object a test, each on a line of its own; junit, the XML that CI servers
// read.
func (r *Report) Write(w io.Writer, format string) error {
	switch format {
	case "text":
		return r.writeText(w)
	case "json":
		return r.writeJSON(w)
	case "junit":
		return r.writeJUnit(w)
	}
	return fmt.Errorf("no format %q for tests", format)
}

// WriteDiff writes the differences between the golden files and what the tests
// made, as patches, and as comments whatever else failed.
func (r *Report) WriteDiff(w io.Writer) error {
	var b strings.Builder
	for i := range r.Results {
		for _, f := range r.Results[i].Failures {
			name := diag.PrintableLine(r.Results[i].Name)
			switch unix := strings.ReplaceAll(f.Diff, "\r\n", "\n"); {
			case f.Diff == "" || f.Golden == "":
				writeLine(&b, indent("# ", name+": "+diag.Printable(f.Message+f.Diff)))
			case diag.Printable(unix) != unix:
				fmt.Fprintf(&b, "# %s: control characters are shown as \ufffd, so this is not a patch to apply; use --update\n", name)
				b.WriteString(diag.Printable(unix))
			default:
				b.WriteString(f.Diff)
			}
		}
	}
	return write(w, b.String())
}

// outcomeWords begin the line of a test.
var outcomeWords = map[string]string{"pass": "ok    ", "fail": "FAIL  ", "updated": "wrote "}

func (r *Report) writeText(w io.Writer) error {
	var b strings.Builder
	for i := range r.Results {
		result := &r.Results[i]
		b.WriteString(outcomeWords[result.outcome()] + diag.PrintableLine(result.Name))
		if result.outcome() == "updated" {
			b.WriteString(": " + strings.Join(result.Updated, ", "))
		}
		b.WriteByte('\n')
		if text := result.text(); text != "" {
			writeLine(&b, indent("    ", text))
		}
	}
	fmt.Fprintf(&b, "%s, %d failed\n", counted(len(r.Results), "test"), r.Failed())
	return write(w, b.String())
}

// indent puts a prefix before each line.
func indent(prefix, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(prefix+strings.TrimSuffix(line, "\n"), " ") + "\n")
	}
	return b.String()
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
