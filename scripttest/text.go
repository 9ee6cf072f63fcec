package scripttest

import (
	"fmt"
	"io"
	"strings"
)

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
			if f.Diff != "" {
				b.WriteString(f.Diff)
				continue
			}
			writeLine(&b, indent("# ", r.Results[i].Name+": "+f.Message))
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
		b.WriteString(outcomeWords[result.outcome()] + result.Name)
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
