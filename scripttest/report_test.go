package scripttest

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func reported(t *testing.T) *Report {
	t.Helper()
	inFolder(t,
		"a/Clusterfile", "print('<new>')\n", "a/want.print", "old\n",
		"a/x_test.star", "def test_a(): pass\n",
		"b/Clusterfile", "fail('\\x1b[31m')", "b/want.print", "",
	)
	return test(t, Config{Accept: func(path string) string { return "accept " + path }})
}

func TestJSON(t *testing.T) {
	r := reported(t)
	got := writtenBy(t, func(b *strings.Builder) error { return r.Write(b, "json") })
	lines := strings.SplitAfter(got, "\n")
	want := `{"name":"a","outcome":"fail","failures":[{"golden":"want.print","message":"want.print differs:",` +
		`"diff":"--- a/want.print\tgolden\n+++ a/want.print\twhat the test made\n@@ -1,1 +1,1 @@\n-old\n+<new>\n"}],"accept":"accept a"}` + "\n"
	if d := cmp.Diff(want, lines[0]); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if want := `{"name":"a/x_test.star:test_a","outcome":"pass"}` + "\n"; lines[1] != want {
		t.Errorf("got %s, want %s", lines[1], want)
	}
	if len(lines) != 4 {
		t.Errorf("got %d lines for 3 tests", len(lines)-1)
	}
}

func TestJUnit(t *testing.T) {
	r := reported(t)
	got := writtenBy(t, func(b *strings.Builder) error { return r.Write(b, "junit") })
	var suite junitSuite
	if err := xml.Unmarshal([]byte(got), &suite); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	suite.XMLName = xml.Name{}
	want := junitSuite{Name: "sextant", Tests: 3, Failures: 2, Cases: []junitCase{
		{Class: ".", Name: "a", Failure: &junitFailure{
			Message: "want.print differs:",
			Text: "want.print differs:\n--- a/want.print\tgolden\n+++ a/want.print\twhat the test made\n" +
				"@@ -1,1 +1,1 @@\n-old\n+<new>\naccept with: accept a\n",
		}},
		{Class: "a", Name: "x_test.star:test_a"},
		{Class: ".", Name: "b", Failure: &junitFailure{
			Message: "the script failed; make an empty want.error where it should",
			Text:    r.Results[2].text(),
		}},
	}}
	if d := cmp.Diff(want, suite); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestUnknownFormat(t *testing.T) {
	if err := (&Report{}).Write(&strings.Builder{}, "tap"); err == nil {
		t.Error("the format tap was written")
	}
}
