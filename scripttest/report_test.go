package scripttest

import (
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func reported(t *testing.T) *Report {
	t.Helper()
	inFolder(t,
		"a/Clusterfile", "print('<new>')\n", "a/want.print", "old\n",
		"a/x_test.star", "def test_a():\n    print('first')\n    warn('second')\ndef test_b(): assert.eq(1, 2)\n",
		"a/tests/one/want.print", "<new>\n",
		"b/Clusterfile", "fail('\\x1b[31m')", "b/want.print", "",
	)
	return test(t, Config{Accept: func(path string) string { return "accept " + path }})
}

func TestJSON(t *testing.T) {
	r := reported(t)
	got := writtenBy(t, func(b *strings.Builder) error { return r.Write(b, "json") })
	lines := strings.SplitAfter(got, "\n")
	want := `{"name":"a","outcome":"fail","printed":"<new>\n","failures":[{"golden":"want.print","message":"want.print differs:",` +
		`"diff":"--- a/want.print\tgolden\n+++ a/want.print\twhat the test made\n@@ -1,1 +1,1 @@\n-old\n+<new>\n"}],"accept":"accept a"}` + "\n"
	if d := cmp.Diff(want, lines[0]); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if want := `{"name":"a/x_test.star:test_a","outcome":"pass","printed":"first\nx_test.star:3:9: warning: second\n"}` + "\n"; lines[1] != want {
		t.Errorf("got %s, want %s", lines[1], want)
	}
	if len(lines) != 6 {
		t.Errorf("got %d lines for 5 tests", len(lines)-1)
	}
}

func TestJUnit(t *testing.T) {
	r := reported(t)
	for i := range r.Results {
		if r.Results[i].Elapsed <= 0 {
			t.Errorf("%s took %s", r.Results[i].Name, r.Results[i].Elapsed)
		}
		r.Results[i].Elapsed = 1500 * time.Millisecond
	}
	got := writtenBy(t, func(b *strings.Builder) error { return r.Write(b, "junit") })
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="5" failures="3" errors="0" time="7.500">
  <testsuite name="sextant" tests="5" failures="3" errors="0" skipped="0" time="7.500">
    <testcase name="a" classname="." file="a/Clusterfile" time="1.500">
      <failure message="want.print differs:" type="failure">want.print differs:&#xA;--- a/want.print&#x9;golden&#xA;+++ a/want.print&#x9;what the test made&#xA;@@ -1,1 +1,1 @@&#xA;-old&#xA;+&lt;new&gt;&#xA;accept with: accept a&#xA;</failure>
      <system-out>&lt;new&gt;&#xA;</system-out>
    </testcase>
    <testcase name="test_a" classname="a/x_test.star" file="a/x_test.star" time="1.500">
      <system-out>first&#xA;x_test.star:3:9: warning: second&#xA;</system-out>
    </testcase>
    <testcase name="test_b" classname="a/x_test.star" file="a/x_test.star" time="1.500">
      <failure message="x_test.star:4:24: assert.eq: got 1, want 2" type="failure">Traceback (most recent call last):&#xA;  x_test.star:4:24: in test_b&#xA;Error: assert.eq: got 1, want 2&#xA;  4 | def test_b(): assert.eq(1, 2)&#xA;    |                        ^&#xA;</failure>
    </testcase>
    <testcase name="tests/one" classname="a" file="a/Clusterfile" time="1.500">
      <system-out>&lt;new&gt;&#xA;</system-out>
    </testcase>
    <testcase name="b" classname="." file="b/Clusterfile" time="1.500">
      <failure message="the script failed: Clusterfile:1:5: fail: �[31m" type="failure">the script failed; make an empty want.error if it should&#xA;Traceback (most recent call last):&#xA;  Clusterfile:1:5: in &lt;toplevel&gt;&#xA;Error: fail: �[31m&#xA;  1 | fail(&#39;\x1b[31m&#39;)&#xA;    |     ^&#xA;</failure>
    </testcase>
  </testsuite>
</testsuites>
`
	want = strings.ReplaceAll(want, `\ufffd`, "\ufffd")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	validateJUnit(t, got)
}

// junitSchema has the elements that readers of JUnit XML take, with their
// attributes, required ones with a !, and their children: those that the schema of
// Jenkins's xunit plugin and the documentation of GitLab have in common, and the
// file of a test case, which GitLab shows and Jenkins ignores.
var junitSchema = map[string]struct{ attributes, children string }{
	"testsuites": {"name tests failures errors time", "testsuite"},
	"testsuite":  {"name! tests! failures! errors! skipped time timestamp hostname", "testcase"},
	"testcase":   {"name! classname! time! file", "failure error skipped system-out system-err"},
	"failure":    {"message! type", ""},
	"error":      {"message! type", ""},
	"skipped":    {"message", ""},
	"system-out": {},
	"system-err": {},
}

// validateJUnit holds a report to the schema, and its counts to the test cases.
func validateJUnit(t *testing.T, text string) {
	t.Helper()
	var open []string
	count := map[string]int{}
	seen := map[string]bool{} // test cases
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.StartElement:
			name := e.Name.Local
			rule, ok := junitSchema[name]
			switch parent := append([]string{""}, open...)[len(open)]; {
			case !ok, parent == "" && name != "testsuites":
				t.Errorf("no element is %s", name)
			case parent != "" && !slices.Contains(strings.Fields(junitSchema[parent].children), name):
				t.Errorf("%s in %s", name, parent)
			}
			open = append(open, name)
			count[name]++
			values := map[string]string{}
			for _, a := range e.Attr {
				values[a.Name.Local] = a.Value
				if !slices.Contains(strings.Fields(strings.ReplaceAll(rule.attributes, "!", "")), a.Name.Local) {
					t.Errorf("%s has no attribute %s", name, a.Name.Local)
				}
				if a.Name.Local == "time" && !regexp.MustCompile(`^\d+\.\d{3}$`).MatchString(a.Value) {
					t.Errorf("time %q", a.Value)
				}
			}
			for _, a := range strings.Fields(rule.attributes) {
				if required, ok := strings.CutSuffix(a, "!"); ok && values[required] == "" {
					t.Errorf("%s without %s", name, required)
				}
			}
			if name == "testcase" {
				if key := values["classname"] + "\x00" + values["name"]; seen[key] {
					t.Errorf("two test cases are %q", key)
				} else {
					seen[key] = true
				}
			}
		}
	}
	for _, element := range []string{"testsuites", "testsuite"} {
		for attribute, n := range map[string]int{"tests": count["testcase"], "failures": count["failure"], "errors": count["error"]} {
			if want := fmt.Sprintf(`%s="%d"`, attribute, n); !regexp.MustCompile("<" + element + " [^>]*" + want).MatchString(text) {
				t.Errorf("%s without %s", element, want)
			}
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := (&Report{}).Write(&strings.Builder{}, "tap"); err == nil {
		t.Error("the format tap was written")
	}
}
