package scripttest

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/sextant-dev/sextant/internal/nearest"
)

// comparison is what a run made beside what the golden files hold.
type comparison struct {
	failures []Failure
	// changed are the golden files that differ, with what they should hold.
	changed map[string][]byte
}

// compare holds an outcome to the golden files of its test.
func (c *Config) compare(t *testCase, o *outcome) comparison {
	var out comparison
	if o.err != nil && !slices.Contains(t.goldens, errorGolden) {
		out.fail(errorGolden, "the script failed; make an empty "+errorGolden+" where it should\n"+rendered(o.err), "")
		return out
	}
	for _, name := range t.goldens {
		g, ok := kindOf(name)
		if !ok {
			out.fail(name, "nothing writes "+name+nearest.DidYouMean(name, goldenNames())+
				"; golden files are "+strings.Join(goldenNames(), ", "), "")
			continue
		}
		c.compareOne(t, g, o.made[name], &out)
	}
	return out
}

// compareOne holds what a run made to one golden file.
func (c *Config) compareOne(t *testCase, g golden, m made, out *comparison) {
	want, err := t.place.store.read(g.name)
	if err == nil {
		err = m.err
	}
	if err != nil {
		out.fail(g.name, g.name+": "+err.Error(), "")
		return
	}
	got := m.data
	if _, ok := t.place.store.(*archive); ok && len(got) > 0 && !bytes.HasSuffix(got, []byte("\n")) {
		got = append(got, '\n') // an archive cannot hold a last line without an end
	}
	if c.live() && g.live {
		want, got = mask(want), mask(got)
	}
	if bytes.Equal(want, got) {
		return
	}
	message := g.name + " differs:"
	if bytes.Equal(bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n")), got) {
		message = g.name + " differs in its line ends alone: it has CRLF, and the run made LF; keep git from changing them (*.print text eol=lf), or accept:"
	}
	if len(got) == 0 {
		message = "nothing wrote " + g.name + ":"
	}
	out.fail(g.name, message, patch(path.Join(t.place.path, g.name), want, got))
	if out.changed == nil {
		out.changed = map[string][]byte{}
	}
	out.changed[g.name] = got
}

// patch is the way from a golden file to what the test made, as git apply -p0 and
// patch -p0 take it: a tab ends a name that may hold spaces.
func patch(file string, want, made []byte) string {
	text := string(diff.Diff(file+"\tgolden", want, file+"\twhat the test made", made))
	return text[strings.Index(text, "\n")+1:] // without the heading of its own
}

func (c *comparison) fail(golden, message, diff string) {
	c.failures = append(c.failures, Failure{Golden: golden, Message: message, Diff: diff})
}

// accepted returns the failures that remain once the changed golden files are
// written, and the names of those files.
func (c *comparison) accepted() (remaining []Failure, updated []string) {
	for _, f := range c.failures {
		if _, ok := c.changed[f.Golden]; ok {
			updated = append(updated, f.Golden)
		} else {
			remaining = append(remaining, f)
		}
	}
	return remaining, updated
}
