package scripttest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/localfile"
)

// discovery finds the tests that paths name.
type discovery struct {
	root   string            // "" where each folder is its own
	places map[string]*place // by absolute path
	chosen map[*testCase]bool
	cases  []*testCase // chosen ones, in order
}

// discover returns the tests that the paths name, in the order of the paths,
// and below each in the order of the files.
func discover(root string, paths []string) ([]*testCase, error) {
	d := &discovery{root: root, places: map[string]*place{}, chosen: map[*testCase]bool{}}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, path := range paths {
		if path == "" {
			return nil, errors.New("a path is empty: name a folder or a file")
		}
		found, err := d.add(filepath.Clean(path))
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fmt.Errorf("no tests in %s: a test is a folder with a %s or %s and a %s* file, a *%s of the same, "+
				"or a %s* function in a *%s", path, scriptName, tiltfileName, goldenPrefix, archiveSuffix, functionPrefix, functionsSuffix)
		}
	}
	return d.cases, nil
}

// add chooses the tests of one path and reports whether there are any.
func (d *discovery) add(path string) (found bool, err error) {
	info, err := localfile.Stat(path)
	if err != nil {
		return false, err
	}
	if info.IsDir() && !strings.HasSuffix(path, archiveSuffix) {
		return d.walk(path)
	}
	var p *place
	if strings.HasSuffix(path, archiveSuffix) {
		p, err = d.archive(path)
	} else {
		p, _, err = d.folder(filepath.Dir(path))
	}
	if err != nil {
		return false, err
	}
	for _, c := range p.cases {
		if strings.HasSuffix(path, archiveSuffix) || c.file == filepath.Base(path) {
			found = true
			d.choose(c)
		}
	}
	return found, nil
}

// walk chooses the tests of a folder and of those below it, but for hidden
// ones.
func (d *discovery) walk(dir string) (found bool, err error) {
	p, entries, err := d.folder(dir)
	if err != nil {
		return false, err
	}
	d.choose(p.cases...)
	found = len(p.cases) > 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		below := false
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case strings.HasSuffix(path, archiveSuffix):
			var a *place
			if a, err = d.archive(path); err == nil {
				d.choose(a.cases...)
				below = len(a.cases) > 0
			}
		case e.IsDir():
			below, err = d.walk(path)
		}
		if err != nil {
			return false, err
		}
		found = found || below
	}
	return found, nil
}

func (d *discovery) choose(cases ...*testCase) {
	for _, c := range cases {
		if !d.chosen[c] {
			d.chosen[c] = true
			d.cases = append(d.cases, c)
		}
	}
}

// folder returns the place that a folder is, and what is in it.
func (d *discovery) folder(dir string) (*place, []os.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	key, err := filepath.Abs(dir)
	if err != nil {
		return nil, nil, err
	}
	if p := d.places[key]; p != nil {
		return p, entries, nil
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() || isTestName(e.Name()) {
			names = append(names, e.Name())
		}
	}
	s := &folder{root: dir, prefix: "."}
	if d.root != "" {
		if s.root, s.prefix, err = below(d.root, key); err != nil {
			return nil, nil, err
		}
	}
	d.places[key] = newPlace(dir, s, names)
	return d.places[key], entries, nil
}

// below returns the root, and a folder as a slash-separated path below it.
func below(root, dir string) (_, prefix string, err error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return "", "", err
	}
	rel, err := filepath.Rel(abs, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return "", "", fmt.Errorf("%s is not below the root %s", dir, root)
	}
	return filepath.Clean(root), filepath.ToSlash(rel), nil
}

// archive returns the place that an archive is.
func (d *discovery) archive(path string) (*place, error) {
	key, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if p := d.places[key]; p != nil {
		return p, nil
	}
	a, err := readArchive(path)
	if err != nil {
		p := &place{path: filepath.ToSlash(path)}
		p.cases = []*testCase{{place: p, name: p.path, path: path, broken: err}}
		d.places[key] = p
		return p, nil
	}
	d.places[key] = newPlace(path, a, a.names())
	return d.places[key], nil
}

// The names that make a file part of a test.
const (
	scriptName      = "Clusterfile"
	tiltfileName    = "Tiltfile" // counts if there is no Clusterfile
	recordingName   = "clusters.yaml"
	programsName    = "exec.yaml"
	goldenPrefix    = "want."
	functionsSuffix = "_test.star"
	archiveSuffix   = ".txtar"
)

// isTestName reports whether a file of this name is part of a test. What is no
// file by such a name is an error, not something else.
func isTestName(name string) bool {
	return name == scriptName || strings.HasPrefix(name, goldenPrefix) || strings.HasSuffix(name, functionsSuffix)
}

// place is a folder or an archive and the tests in it, which share recordings.
type place struct {
	path      string // as reports name it
	store     store
	cases     []*testCase
	recording recording
	programs  programs
	// dialect is that of a Tiltfile, if the place has one and no Clusterfile.
	dialect dialect.Dialect
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
	// broken is why the test cannot run; nil if it can.
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
	script := scriptName
	if !slices.Contains(names, scriptName) && slices.Contains(names, tiltfileName) {
		script = tiltfileName
	}
	p.dialect = dialect.Of(script)
	if len(goldens) > 0 && slices.Contains(names, script) {
		p.cases = append(p.cases, &testCase{place: p, name: p.path, path: path, file: script, goldens: goldens})
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

// unread reports what the recordings hold and no test of the place read: clusters,
// unless they are live, and programs.
func (p *place) unread(live bool) error {
	if names := p.recording.unread(); !live && len(names) > 0 {
		return errors.New(recordingName + " records what no test reads: " + strings.Join(names, ", ") +
			"; remove it there, or declare it in the script")
	}
	if p.programs.replay == nil {
		return nil
	}
	if commands := p.programs.replay.Unused(); len(commands) > 0 {
		return errors.New(programsName + " records what no test runs: " + strings.Join(commands, "; ") + "; remove it there, or record again")
	}
	return nil
}
