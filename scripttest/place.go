package scripttest

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// The names that make a file part of a test.
const (
	scriptName      = "Clusterfile"
	recordingName   = "clusters.yaml"
	goldenPrefix    = "want."
	functionsSuffix = "_test.star"
	archiveSuffix   = ".txtar"
)

// place is a folder or an archive and the tests in it, which share a recording.
type place struct {
	path      string // as reports name it
	store     store
	cases     []*testCase
	recording recording
}

// testCase is one test, as data.
type testCase struct {
	place *place
	name  string // as reports name it
	path  string // what runs it, given to `sextant test`
	// file is the script, a name beside the inputs.
	file string
	// function is what to call in it, "" for a golden test.
	function string
	// goldens are the names of the golden files, sorted.
	goldens []string
	// broken is why the test cannot run; nil where it can.
	broken error
}

// newPlace finds the tests among the names of the files of a store, sorted.
func newPlace(path string, s store, names []string) *place {
	p := &place{path: filepath.ToSlash(path), store: s}
	var goldens []string
	for _, name := range names {
		if strings.HasPrefix(name, goldenPrefix) {
			goldens = append(goldens, name)
		}
	}
	if len(goldens) > 0 && slices.Contains(names, scriptName) {
		p.cases = append(p.cases, &testCase{place: p, name: p.path, path: path, file: scriptName, goldens: goldens})
	}
	for _, name := range names {
		if strings.HasSuffix(name, functionsSuffix) {
			p.cases = append(p.cases, p.functions(name)...)
		}
	}
	return p
}

// functions returns a test for each test function of a file. A file that does
// not parse is one test, which fails with what the interpreter says.
func (p *place) functions(file string) []*testCase {
	shown := p.path + "/" + file
	if p.path == "." {
		shown = file
	}
	test := testCase{place: p, name: shown, path: filepath.FromSlash(shown), file: file}
	if _, ok := p.store.(*archive); ok {
		test.path = filepath.FromSlash(p.path)
	}
	src, err := p.store.read(file)
	if err != nil {
		test.broken = err
		return []*testCase{&test}
	}
	found, ok := findFunctions(file, src)
	if !ok {
		return []*testCase{&test}
	}
	var cases []*testCase
	for i, f := range found {
		c := test
		c.name += ":" + f.name
		c.function = f.name
		switch {
		case f.params > 0:
			c.broken = fmt.Errorf("%s:%d: %s has parameters: a test function is called without arguments", file, f.line, f.name)
		case slices.ContainsFunc(found[:i], func(o function) bool { return o.name == f.name }):
			c.broken = fmt.Errorf("%s:%d: a second %s: give it another name", file, f.line, f.name)
		}
		cases = append(cases, &c)
	}
	return cases
}

// unread says which recorded clusters the tests of the place did not read.
func (p *place) unread() error {
	names := p.recording.unread()
	if len(names) == 0 {
		return nil
	}
	return errors.New(recordingName + " records what no test reads: " + strings.Join(names, ", ") +
		"; remove it there, or declare it in the script")
}
