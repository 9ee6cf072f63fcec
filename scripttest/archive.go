package scripttest

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
	txtarfs "golang.org/x/tools/txtar"

	"github.com/sextant-dev/sextant/internal/atomicfile"
)

// archive is a store in one txtar file.
type archive struct {
	path string
	txt  *txtar.Archive
}

func readArchive(path string) (*archive, error) {
	data, err := readIn(filepath.Dir(path), filepath.Base(path))
	if err != nil {
		return nil, err
	}
	return &archive{path, txtar.Parse(data)}, nil
}

// names lists the files of one folder of the archive, "." for the top.
func (a *archive) names(dir string) []string {
	var names []string
	for _, f := range a.txt.Files {
		if fs.ValidPath(f.Name) && path.Dir(f.Name) == dir {
			names = append(names, path.Base(f.Name))
		}
	}
	return names
}

// scenarios returns the folders of scenarios of the archive, sorted.
func (a *archive) scenarios() []scenario {
	if scriptOf(a.names(".")) == "" {
		return nil
	}
	dirs := map[string]bool{}
	for _, f := range a.txt.Files {
		if dir := path.Dir(f.Name); fs.ValidPath(f.Name) && strings.HasPrefix(dir, scenariosName+"/") {
			dirs[dir] = true
		}
	}
	var found []scenario
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		if names := a.names(dir); scriptOf(names) == "" {
			found = append(found, scenario{dir: dir, names: names})
		}
	}
	return found
}

func (a *archive) read(name string) ([]byte, error) {
	if i := a.find(name); i >= 0 {
		return a.txt.Files[i].Data, nil
	}
	return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
}

func (a *archive) find(name string) int {
	return slices.IndexFunc(a.txt.Files, func(f txtar.File) bool { return f.Name == name })
}

func (a *archive) script(name string) string  { return name }
func (a *archive) shown(script string) string { return path.Join(filepath.ToSlash(a.path), script) }

func (a *archive) open() (fs.FS, func() error, error) {
	files, err := txtarfs.FS(a.txt)
	return files, func() error { return nil }, err
}

func (a *archive) write(changed map[string][]byte) error {
	next := &txtar.Archive{Comment: a.txt.Comment, Files: slices.Clone(a.txt.Files)}
	for name, data := range changed {
		next.Files[a.find(name)].Data = data
	}
	text := txtar.Format(next)
	if parsed := txtar.Parse(text); !slices.EqualFunc(parsed.Files, next.Files, sameFile) {
		return fmt.Errorf("%s: a line of the new text looks like the marker of a file: make the test a folder", a.path)
	}
	return atomicfile.Write(a.path, text, 0o666)
}

func sameFile(a, b txtar.File) bool { return a.Name == b.Name && bytes.Equal(a.Data, b.Data) }
