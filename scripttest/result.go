package scripttest

import (
	"io"
	"strings"
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
	// Failures are why it failed; none where it passed.
	Failures []Failure
	// Updated are the golden files that were written.
	Updated []string
	// Accept is the command that accepts what the test made; "" where there is
	// nothing to accept.
	Accept string
}

// Failure is one reason why a test failed.
type Failure struct {
	// Golden is the golden file concerned, "" for none.
	Golden string
	// Message says what is wrong, on one line or more.
	Message string
	// Diff is a unified diff from the golden file to what the test made.
	Diff string
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

// text is why the test failed, for people, and what was written all the same.
func (r *Result) text() string {
	if len(r.Failures) == 0 {
		return ""
	}
	var b strings.Builder
	for _, f := range r.Failures {
		writeLine(&b, f.Message)
		b.WriteString(f.Diff)
	}
	if len(r.Updated) > 0 {
		writeLine(&b, "wrote "+strings.Join(r.Updated, ", "))
	}
	if r.Accept != "" {
		writeLine(&b, "accept with: "+r.Accept)
	}
	return b.String()
}

// writeLine writes a text and the end of its last line.
func writeLine(b *strings.Builder, text string) {
	b.WriteString(strings.TrimSuffix(text, "\n") + "\n")
}

// broken makes the failures of a test that cannot run.
func broken(err error) []Failure { return []Failure{{Message: err.Error()}} }

// write writes a text to w.
func write(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}
