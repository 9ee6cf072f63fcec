package scripttest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
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
			return nil, fmt.Errorf("no tests in %s: a test is a folder with a %s and a %s* file, a *%s of the same, "+
				"or a %s* function in a *%s", path, scriptName, goldenPrefix, archiveSuffix, functionPrefix, functionsSuffix)
		}
	}
	return d.cases, nil
}

// add chooses the tests of one path and reports whether there are any.
func (d *discovery) add(path string) (found bool, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	if info.IsDir() {
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
		case e.IsDir():
			below, err = d.walk(path)
		case strings.HasSuffix(path, archiveSuffix):
			var a *place
			if a, err = d.archive(path); err == nil {
				d.choose(a.cases...)
				below = len(a.cases) > 0
			}
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
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	s := &folder{dir: dir, root: dir, prefix: "."}
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
	txt, err := txtar.ParseFile(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range txt.Files {
		if !strings.Contains(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	d.places[key] = newPlace(path, &archive{path: path, txt: txt}, names)
	return d.places[key], nil
}
