package scripttest

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/internal/dialect"
)

// The names that make a file part of a test.
const (
	scriptName      = "Clusterfile"
	tiltfileName    = "Tiltfile" // counts if there is no Clusterfile
	scenariosName   = "tests"
	recordingName   = "clusters.yaml"
	programsName    = "exec.yaml"
	environmentName = "env"
	argumentsName   = "args"
	goldenPrefix    = "want."
	functionsSuffix = "_test.star"
	archiveSuffix   = ".txtar"
)

// inputNames are the files that a run reads beside the script.
var inputNames = []string{recordingName, programsName, environmentName, argumentsName}

// isTestName reports whether a file of this name is part of a test. What is no
// file by such a name is an error, not something else.
func isTestName(name string) bool {
	return name == scriptName || strings.HasPrefix(name, goldenPrefix) || isFunctions(name)
}

// scriptOf returns the name of the script among the names of the files of a
// folder, "" if there is none.
func scriptOf(names []string) string {
	for _, name := range []string{scriptName, tiltfileName} {
		if slices.Contains(names, name) {
			return name
		}
	}
	return ""
}

// goldensOf returns the names of the golden files among names.
func goldensOf(names []string) []string {
	var goldens []string
	for _, name := range names {
		if strings.HasPrefix(name, goldenPrefix) {
			goldens = append(goldens, name)
		}
	}
	return goldens
}

// place is a folder or an archive and the tests in it.
type place struct {
	path  string // as reports name it
	store store
	cases []*testCase
	// script is the name of its script, "" if it has none.
	script string
	// dialect is that of a Tiltfile, if the place has one and no Clusterfile.
	dialect dialect.Dialect
}

// scenario is a folder below the folder of a script with golden files for it.
type scenario struct {
	dir   string // slash-separated
	names []string
	// broken is why it cannot be read.
	broken error
}

// testCase is one test, as data.
type testCase struct {
	place *place
	name  string // as reports name it
	path  string // what runs it, given to `sextant test`
	// file is the script, a name at the top of the place.
	file string
	// function is what to call in it, "" for a golden test.
	function string
	// scenario is the folder that holds the goldens, "" for the place itself.
	scenario string
	// goldens are the names of the golden files, sorted.
	goldens []string
	// inputs are what the run observes.
	inputs inputs
	// broken is why the test cannot run; nil if it can.
	broken error
}

// golden is the path of a golden file in the store of the place.
func (t *testCase) golden(name string) string { return path.Join(t.scenario, name) }

// newPlace finds the tests of a store, of whose top names are the files, sorted.
// inputsIn returns the inputs in one of its folders.
func newPlace(at string, s store, names []string, scenarios []scenario, inputsIn func(dir string) *inputs) *place {
	p := &place{path: filepath.ToSlash(at), store: s, script: scriptOf(names)}
	p.dialect = dialect.Of(p.script)
	own := *inputsIn("")
	if goldens := goldensOf(names); len(goldens) > 0 && p.script != "" {
		p.add(&testCase{name: p.path, path: at, file: p.script, goldens: goldens, inputs: own})
	}
	for _, name := range names {
		if isFunctions(name) {
			for _, c := range p.functions(name) {
				c.inputs = own
				p.add(c)
			}
		}
	}
	for _, one := range scenarios {
		c := &testCase{name: path.Join(p.path, one.dir), path: filepath.Join(at, filepath.FromSlash(one.dir)), file: p.script,
			scenario: one.dir, goldens: goldensOf(one.names), inputs: own.with(inputsIn(one.dir), one.names), broken: one.broken}
		if p.archived() {
			c.path = at
		}
		if c.goldens == nil && c.broken == nil {
			if !slices.Contains(one.names, recordingName) || slices.ContainsFunc(one.names, isFunctions) {
				continue // no scenario
			}
			c.broken = fmt.Errorf("there is a %s, and no golden file: make an empty one of %s, and accept what the script makes: sextant test --update",
				recordingName, strings.Join(goldenNames(), ", "))
		}
		p.add(c)
	}
	return p
}

func (p *place) add(c *testCase) {
	c.place = p
	c.inputs.recording.users = append(c.inputs.recording.users, c)
	c.inputs.programs.users = append(c.inputs.programs.users, c)
	p.cases = append(p.cases, c)
}

// archived reports whether the place is an archive.
func (p *place) archived() bool {
	_, ok := p.store.(*archive)
	return ok
}
