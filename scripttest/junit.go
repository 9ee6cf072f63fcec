package scripttest

import (
	"encoding/xml"
	"io"
	"path"
	"strings"
)

// junitSuite is the testsuite element of the JUnit XML that CI servers read.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (r *Report) writeJUnit(w io.Writer) error {
	suite := junitSuite{Name: "sextant", Tests: len(r.Results), Failures: r.Failed()}
	for i := range r.Results {
		result := &r.Results[i]
		c := junitCase{Class: path.Dir(result.Name), Name: path.Base(result.Name)}
		if len(result.Failures) > 0 {
			first, _, _ := strings.Cut(result.Failures[0].Message, "\n")
			c.Failure = &junitFailure{Message: first, Text: result.text()}
		}
		suite.Cases = append(suite.Cases, c)
	}
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return err
	}
	return write(w, xml.Header+string(data)+"\n")
}
