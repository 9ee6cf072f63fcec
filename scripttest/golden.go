package scripttest

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/printer"
	"github.com/sextant-dev/sextant/internal/suggest"
	"github.com/sextant-dev/sextant/starlark"
)

// errorGolden is the golden file without which a script must not fail.
const errorGolden = "want.error"

// golden is one kind of golden file.
type golden struct {
	name string
	// live reports whether it holds statuses, of which connectedAt differs with
	// every run against live clusters.
	live bool
	// failed reports whether a script that fails makes it too.
	failed bool
	// write writes what a run made, nothing if it made none.
	write func(w *bytes.Buffer, o *outcome) error
}

// goldens are the kinds there are.
var goldens = []golden{
	{name: "want.clusters.yaml", live: true, write: writeClusters},
	{name: "want.outputs.json", live: true, write: writeOutputs},
	{name: "want.manifests.yaml", write: writeManifests("")},
	{name: "want.builds.json", write: writeBuilds},
	{name: "want.resources.json", write: writeResources},
	{name: "want.print", failed: true, write: writePrinted},
	{name: errorGolden, failed: true, write: writeError},
}

// goldenNames lists what golden files may be called.
func goldenNames() []string {
	names := []string{"want.manifests.CLUSTER.yaml"}
	for _, g := range goldens {
		names = append(names, g.name)
	}
	slices.Sort(names)
	return names
}

// kindOf returns the kind of a golden file.
func kindOf(name string) (golden, bool) {
	for _, g := range goldens {
		if g.name == name {
			return g, true
		}
	}
	rest, ok := strings.CutPrefix(name, "want.manifests.")
	cluster, yaml := strings.CutSuffix(rest, ".yaml")
	return golden{name: name, write: writeManifests(cluster)}, ok && yaml && cluster != ""
}

// make returns what a run made of this kind.
func (g *golden) make(o *outcome) made {
	var b bytes.Buffer
	if o.err != nil && !g.failed {
		return made{}
	}
	err := g.write(&b, o)
	return made{data: b.Bytes(), err: err}
}

func writeClusters(w *bytes.Buffer, o *outcome) error {
	if len(o.run.Clusters().Items) == 0 {
		return nil
	}
	return printer.List(w, "yaml", o.run.Clusters())
}

func writeOutputs(w *bytes.Buffer, o *outcome) error {
	if len(o.run.Outputs()) == 0 {
		return nil
	}
	return printer.Outputs(w, "json", "", o.run.Outputs())
}

func writeBuilds(w *bytes.Buffer, o *outcome) error {
	if o.run.Tiltfile == nil || len(o.run.Tiltfile.Builds()) == 0 {
		return nil
	}
	return printer.Builds(w, "json", o.run.Tiltfile.Builds())
}

func writeResources(w *bytes.Buffer, o *outcome) error {
	if o.run.Tiltfile == nil || len(o.run.Tiltfile.Resources()) == 0 {
		return nil
	}
	return printer.Resources(w, "json", o.run.Tiltfile.Resources())
}

// writeManifests writes the manifests of the named cluster, "" for the only one
// that has any.
func writeManifests(cluster string) func(*bytes.Buffer, *outcome) error {
	return func(w *bytes.Buffer, o *outcome) error {
		err := o.run.Render(w, cluster)
		if err != nil && cluster == "" {
			err = fmt.Errorf("%w, or here by the name of the golden file: want.manifests.CLUSTER.yaml", err)
		}
		return err
	}
}

func writePrinted(w *bytes.Buffer, o *outcome) error {
	w.WriteString(o.printed)
	return nil
}

func writeError(w *bytes.Buffer, o *outcome) error {
	if o.err == nil {
		return nil
	}
	return starlark.Render(w, o.err)
}

// rendered is an error as people read it, without the last newline.
func rendered(err error) string {
	var b strings.Builder
	if werr := starlark.Render(&b, err); werr != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// connectedAt finds the times of connection in YAML and in JSON. It is compiled
// when it is needed, since every command of sextant starts this package.
var connectedAt = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`("?connectedAt"?:\s*)"?[0-9][^",\s]*"?`)
})

// mask puts the time of the test in the place of every time of connection.
func mask(data []byte) []byte {
	return connectedAt().ReplaceAll(data, []byte(`${1}"`+Clock().Format("2006-01-02T15:04:05.000000Z07:00")+`"`))
}

// comparison is what a run made beside what the golden files hold.
type comparison struct {
	failures []Failure
	// changed are the golden files that differ, with what they should hold.
	changed map[string][]byte
}

// compare holds an outcome to the golden files of its test.
func (c *Config) compare(t *testCase, o *outcome) comparison {
	var out comparison
	if limit := (*diag.LimitError)(nil); errors.As(o.err, &limit) && (limit.Limit == diag.LimitTime || limit.Limit == diag.LimitMemory) {
		out.fail("", "this error depends on the machine, so no golden file accepts it\n"+rendered(o.err), "")
		return out
	}
	if o.err != nil && !slices.Contains(t.goldens, errorGolden) {
		const unexpected = "the script failed; make an empty " + errorGolden + " if it should"
		f := failureOf(o.err)
		out.failures = append(out.failures, Failure{Golden: errorGolden, Message: unexpected + "\n" + o.printed + f.Message, Summary: "the script failed: " + f.Summary})
		return out
	}
	for _, name := range t.goldens {
		g, ok := kindOf(name)
		if !ok {
			out.fail(name, "nothing writes "+name+suggest.DidYouMean(name, goldenNames())+
				"; golden files are "+strings.Join(goldenNames(), ", "), "")
			continue
		}
		c.compareOne(t, g, o.made[name], &out)
	}
	return out
}

// compareOne holds what a run made to one golden file.
func (c *Config) compareOne(t *testCase, g golden, m made, out *comparison) {
	want, err := t.place.store.read(t.golden(g.name))
	if err == nil && m.err != nil {
		err = named(g.name, m.err)
	}
	if err != nil {
		out.fail(g.name, err.Error(), "")
		return
	}
	got := m.data
	if t.place.archived() && len(got) > 0 && !bytes.HasSuffix(got, []byte("\n")) {
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
	out.fail(g.name, message, patch(path.Join(t.place.path, t.golden(g.name)), want, got))
	if out.changed == nil {
		out.changed = map[string][]byte{}
	}
	out.changed[g.name] = got
}

// maxPatched is the most bytes of a file that is compared line by line, which takes many
// times as much memory.
const maxPatched = 4 << 20

// patch is the way from a golden file to what the test made, as git apply -p0 and
// patch -p0 take it: a tab ends a name that may hold spaces.
func patch(file string, want, made []byte) string {
	file = diag.PrintableLine(file)
	if len(want) > maxPatched || len(made) > maxPatched {
		return fmt.Sprintf("# %s: no patch is made of %d and %d bytes; use --update\n", file, len(want), len(made))
	}
	return unified(file+"\tgolden", want, file+"\twhat the test made", made)
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
