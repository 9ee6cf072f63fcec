package scripttest

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/starlark"
)

// TestUpdateOfLimits: an error that depends on the machine is not accepted.
func TestUpdateOfLimits(t *testing.T) {
	inFolder(t, "a/Clusterfile", "list(range(1 << 40))\n", "a/want.error", "", "b/Clusterfile", "while True: pass\n", "b/want.error", "")
	got := textOf(t, test(t, Config{Update: true, Limits: starlark.Limits{Steps: 1000, Memory: 64 << 20}}))
	if !strings.HasPrefix(got, "FAIL  a\n    this error depends on the machine, so no golden file accepts it\n") || !strings.Contains(got, "wrote b: want.error\n") {
		t.Error(got)
	}
	if text := readFile(t, "a/want.error"); text != "" {
		t.Errorf("it wrote %q", text)
	}
}

func TestUpdate(t *testing.T) {
	inFolder(t,
		"a/Clusterfile", "print('new')\noutput('x', 1)\n",
		"a/want.print", "old\n",
		"a/want.outputs.json", "",
		"a/want.clusters.yaml", "stale: true\n",
		"b.txtar", "Kept.\n-- Clusterfile --\nprint('new')\n-- want.print --\nold\n-- other --\nkept\n",
		"c/Clusterfile", "x = 1 // 0",
		"c/want.print", "old\n",
	)
	if err := os.Chmod("a/want.print", 0o640); err != nil {
		t.Fatal(err)
	}
	r := test(t, Config{Update: true})
	want := `wrote a: want.clusters.yaml, want.outputs.json, want.print
wrote b.txtar: want.print
FAIL  c
    the script failed; make an empty want.error if it should
    Traceback (most recent call last):
      Clusterfile:1:7: in <toplevel>
    Error: floored division by zero
      1 | x = 1 // 0
        |       ^
3 tests, 1 failed
`
	if d := cmp.Diff(want, textOf(t, r)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for name, want := range map[string]string{
		"a/want.print":         "new\n",
		"a/want.outputs.json":  "{\n  \"x\": 1\n}\n",
		"a/want.clusters.yaml": "",
		"b.txtar":              "Kept.\n-- Clusterfile --\nprint('new')\n-- want.print --\nnew\n-- other --\nkept\n",
		"c/want.print":         "old\n",
	} {
		if d := cmp.Diff(want, readFile(t, name)); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
	info, err := os.Stat("a/want.print")
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm()&0o200 == 0 || info.Mode().Perm()&0o007 != 0 && os.PathSeparator == '/' {
		t.Errorf("the mode became %v", info.Mode())
	}
	entries, err := os.ReadDir("a")
	if err != nil || len(entries) != 4 {
		t.Errorf("temporary files are left: %v %v", entries, err)
	}
	if got := textOf(t, test(t, Config{}, "a", "b.txtar")); got != "ok    a\nok    b.txtar\n2 tests, 0 failed\n" {
		t.Errorf("after the update: %s", got)
	}
}

// TestUpdateBesideAFailure distinguishes what was written from what failed.
func TestUpdateBesideAFailure(t *testing.T) {
	inFolder(t,
		"a/Clusterfile", "print('new')\noutput('x', 1)\n",
		"a/want.outputs.json", "",
		"a/want.print", "old\n",
		"a/want.prnt", "",
	)
	r := test(t, Config{Update: true})
	want := `FAIL  a
    nothing writes want.prnt (did you mean "want.print"?); golden files are want.builds.json, want.clusters.yaml, want.error, want.manifests.CLUSTER.yaml, want.manifests.yaml, want.outputs.json, want.print, want.resources.json
    wrote want.outputs.json, want.print
1 test, 1 failed
`
	if d := cmp.Diff(want, textOf(t, r)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff([]string{"want.outputs.json", "want.print"}, r.Results[0].Updated); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestUpdateOfAnArchiveThatCannotHoldIt: a line that looks like the marker of a
// file would make another archive of it.
func TestUpdateOfAnArchiveThatCannotHoldIt(t *testing.T) {
	text := "-- Clusterfile --\nprint('-- other --')\n-- want.print --\nold\n"
	inFolder(t, "a.txtar", text)
	r := test(t, Config{Update: true})
	if got := textOf(t, r); r.Failed() != 1 || !strings.Contains(got, "make the test a folder") {
		t.Error(got)
	}
	if d := cmp.Diff(text, readFile(t, "a.txtar")); d != "" {
		t.Errorf("the archive changed: -before +after\n%s", d)
	}
}

func TestWriteDiff(t *testing.T) {
	inFolder(t,
		"a/Clusterfile", "print('new')\n", "a/want.print", "old\n",
		"b/Clusterfile", "x = 1 // 0", "b/want.print", "",
		"c/Clusterfile", "", "c/want.print", "",
		"d/Clusterfile", "print('\\x1b')\n", "d/want.print", "old\n",
		"e/Clusterfile", "for i in range(6): print('x' * (1 << 20))\n", "e/want.print", "",
	)
	want := `--- a/want.print	golden
+++ a/want.print	what the test made
@@ -1,1 +1,1 @@
-old
+new
# b: the script failed; make an empty want.error if it should
# Traceback (most recent call last):
#   Clusterfile:1:7: in <toplevel>
# Error: floored division by zero
#   1 | x = 1 // 0
#     |       ^
# d: control characters are shown as \ufffd, so this is not a patch to apply; use --update
--- d/want.print	golden
+++ d/want.print	what the test made
@@ -1,1 +1,1 @@
-old
+\ufffd
# e/want.print: no patch is made of 0 and 6291462 bytes; use --update
`
	want = strings.ReplaceAll(want, `\ufffd`, "\ufffd")
	got := writtenBy(t, func(b *strings.Builder) error { return test(t, Config{}).WriteDiff(b) })
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if got := readFile(t, "a/want.print"); got != "old\n" {
		t.Errorf("a diff wrote %q", got)
	}
}
