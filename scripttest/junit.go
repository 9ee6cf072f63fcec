package scripttest

import (
	"cmp"
	"encoding/xml"
	"io"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/sextant-dev/sextant/diag"
)

// junitSuites is the root of the JUnit XML that CI servers read. Jenkins, GitLab
// and the schemas in use agree on these elements, in this order.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
	Printed string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// seconds is a duration as XML readers take it.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

func (r *Report) writeJUnit(w io.Writer) error {
	suite := junitSuite{Name: "sextant", Tests: len(r.Results), Failures: r.Failed()}
	var elapsed time.Duration
	for i := range r.Results {
		result := &r.Results[i]
		elapsed += result.Elapsed
		c := result.junit()
		suite.Cases = append(suite.Cases, c)
	}
	suite.Time = seconds(elapsed)
	all := junitSuites{Tests: suite.Tests, Failures: suite.Failures, Time: suite.Time, Suites: []junitSuite{suite}}
	data, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	return write(w, xml.Header+string(data)+"\n")
}

// junit is the result as one test case. Its class is the file of a function, and
// the folder above that of a golden test: that of the script for a scenario.
func (r *Result) junit() junitCase {
	class, base := "", diag.PrintableLine(r.Name)
	if file, function, ok := strings.Cut(base, functionsSuffix+":"); ok {
		class, base = file+functionsSuffix, function
	} else if script := path.Dir(r.File); r.File != "" && strings.HasPrefix(base, script+"/") {
		class, base = script, base[len(script)+1:]
	} else if i := strings.LastIndexByte(base, '/'); i > 0 {
		class, base = base[:i], base[i+1:]
	}
	c := junitCase{
		Name: base, Class: cmp.Or(class, "."), File: diag.PrintableLine(cmp.Or(r.File, r.Name)),
		Time: seconds(r.Elapsed), Printed: diag.Printable(r.Printed),
	}
	if len(r.Failures) > 0 {
		var b strings.Builder
		for i := range r.Failures {
			if i > 0 {
				b.WriteString("; ")
			}
			b.WriteString(r.Failures[i].summary())
		}
		c.Failure = &junitFailure{Message: b.String(), Type: "failure", Text: r.failures()}
	}
	return c
}
