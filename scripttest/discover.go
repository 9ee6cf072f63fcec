package scripttest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/internal/localfile"
)

// discovery finds the tests that paths name.
type discovery struct {
	root   string             // "" where each folder is its own
	places map[string]*place  // by absolute path
	inputs map[string]*inputs // of folders, by absolute path
	chosen map[*testCase]bool
	cases  []*testCase // chosen ones, in order
}

// discover returns the tests that the paths name, in the order of the paths,
// and below each in the order of the files.
func discover(root string, paths []string) ([]*testCase, error) {
	d := &discovery{root: root, places: map[string]*place{}, inputs: map[string]*inputs{}, chosen: map[*testCase]bool{}}
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
			return nil, fmt.Errorf("no tests in %s: a test is a folder with a %s or %s and a %s* file, a folder with a %s* file below %s/ beside a script, "+
				"a *%s of the same, or a %s* function in a *%s", path, scriptName, tiltfileName, goldenPrefix, goldenPrefix, scenariosName, archiveSuffix, functionPrefix, functionsSuffix)
		}
	}
	return d.cases, nil
}

// add chooses the tests of one path and reports whether there are any.
func (d *discovery) add(path string) (found bool, err error) {
	info, err := localfile.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && filepath.Base(path) == "..." {
		return false, fmt.Errorf("no file or folder %s: name the folder, which means everything below it", path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("no file or folder %s", path)
	}
	if err != nil {
		return false, err
	}
	if info.IsDir() && !strings.HasSuffix(path, archiveSuffix) {
		o, err := d.ownerOf(path)
		if err != nil {
			return false, err
		}
		return d.walk(path, o)
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

// owner is the place whose scenario a folder can be, and the folder as a path
// below it. The zero value owns nothing.
type owner struct {
	place *place
	dir   string
}

// of returns the owner of a folder in a folder whose place is p and whose own
// owner is o.
func (o owner) of(p *place, name string) owner {
	switch {
	case p.script != "" && name == scenariosName:
		return owner{p, name}
	case p.script != "" || o.place == nil:
		return owner{}
	}
	return owner{o.place, path.Join(o.dir, name)}
}

// ownerOf finds the owner of a folder that a path names: the nearest folder above
// it with a script, if that has it below its scenarios.
func (d *discovery) ownerOf(dir string) (owner, error) {
	child, err := filepath.Abs(dir)
	if err != nil {
		return owner{}, err
	}
	above, rel := dir, ""
	for {
		parent := filepath.Dir(child)
		if parent == child || d.root != "" && !isBelow(d.root, parent) {
			return owner{}, nil
		}
		above, rel = filepath.Join(above, ".."), path.Join(filepath.Base(child), rel)
		if hasScript(parent) {
			if filepath.Base(child) != scenariosName {
				return owner{}, nil
			}
			p, _, err := d.folder(above)
			return owner{p, rel}, err
		}
		child = parent
	}
}

// walk chooses the tests of a folder and of those below it, but for hidden
// ones.
func (d *discovery) walk(dir string, o owner) (found bool, err error) {
	p, entries, err := d.folder(dir)
	if err != nil {
		return false, err
	}
	for _, c := range p.cases {
		if c.scenario == "" {
			found = true
			d.choose(c)
		}
	}
	found = d.chooseScenario(o) || found
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
			below, err = d.walk(path, o.of(p, e.Name()))
		default:
			below = d.chooseScenario(o.of(p, e.Name())) // a link, which fails
		}
		if err != nil {
			return false, err
		}
		found = found || below
	}
	return found, nil
}

// chooseScenario chooses the scenario that an owned folder is.
func (d *discovery) chooseScenario(o owner) (found bool) {
	if o.place == nil {
		return false
	}
	for _, c := range o.place.cases {
		if c.scenario == o.dir {
			found = true
			d.choose(c)
		}
	}
	return found
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
	s := &folder{root: dir, prefix: "."}
	if d.root != "" {
		if s.root, s.prefix, err = below(d.root, key); err != nil {
			return nil, nil, err
		}
	}
	names := testNames(entries)
	var scenarios []scenario
	if scriptOf(names) != "" {
		if scenarios, err = d.scenarios(s, dir, scenariosName); err != nil {
			return nil, nil, err
		}
	}
	d.places[key] = newPlace(dir, s, names, scenarios, func(dir string) *inputs {
		at := filepath.Join(key, filepath.FromSlash(dir))
		if d.inputs[at] == nil {
			d.inputs[at] = newInputs(dir)
		}
		return d.inputs[at]
	})
	return d.places[key], entries, nil
}

// testNames are the names of what can be files of a test.
func testNames(entries []os.DirEntry) []string {
	var names []string
	for _, e := range entries {
		if !e.IsDir() || isTestName(e.Name()) || slices.Contains(inputNames, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// hasScript reports whether a folder has a script of its own.
func hasScript(dir string) bool {
	for _, name := range []string{scriptName, tiltfileName} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err == nil && (!info.IsDir() || isTestName(name)) {
			return true
		}
	}
	return false
}

// scenarios returns the folders of scenarios below a folder of a place, the path
// rel below it, but for hidden ones. A link to a folder would be passed over as
// everywhere, and a scenario that does not run must not look as if it passed.
func (d *discovery) scenarios(s *folder, dir, rel string) ([]scenario, error) {
	at := filepath.Join(dir, filepath.FromSlash(rel))
	if info, err := os.Lstat(at); err != nil || !info.IsDir() {
		return nil, nil // there need not be any
	}
	entries, err := os.ReadDir(at)
	if err != nil {
		return nil, err
	}
	names := testNames(entries)
	if scriptOf(names) != "" {
		return nil, nil // a test, or an owner, of its own
	}
	var found []scenario
	if rel != scenariosName {
		found = append(found, scenario{dir: rel, names: names})
	}
	for _, e := range entries {
		below := path.Join(rel, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."), strings.HasSuffix(e.Name(), archiveSuffix):
		case e.IsDir():
			more, err := d.scenarios(s, dir, below)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		case e.Type()&fs.ModeSymlink != 0:
			if err := s.linksToFile(below); err != nil {
				found = append(found, scenario{dir: below, broken: err})
			}
		}
	}
	return found, nil
}

// isBelow reports whether an absolute path is a folder or below it.
func isBelow(root, dir string) bool {
	_, _, err := below(root, dir)
	return err == nil
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
		p.add(&testCase{name: p.path, path: path, inputs: *newInputs(""), broken: err})
		d.places[key] = p
		return p, nil
	}
	d.places[key] = newPlace(path, a, a.names("."), a.scenarios(), newInputs)
	return d.places[key], nil
}
