package scripttest

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sextant-dev/sextant/internal/printer"
	"github.com/sextant-dev/sextant/starlark"
)

// errorGolden is the golden file without which a script must not fail.
const errorGolden = "want.error"

// golden is one kind of golden file.
type golden struct {
	name string
	// live tells that it holds statuses, of which connectedAt differs with
	// every run against live clusters.
	live bool
	// failed tells that a script that fails makes it too.
	failed bool
	// write writes what a run made, nothing where it made none.
	write func(w *bytes.Buffer, o *outcome) error
}

// goldens are the kinds there are.
var goldens = []golden{
	{name: "want.clusters.yaml", live: true, write: writeClusters},
	{name: "want.outputs.json", live: true, write: writeOutputs},
	{name: "want.manifests.yaml", write: writeManifests("")},
	{name: "want.print", failed: true, write: writeSaid},
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
	return printer.Outputs(w, "json", o.run.Outputs())
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

func writeSaid(w *bytes.Buffer, o *outcome) error {
	w.WriteString(o.said)
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
