package builtins

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/data"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/diag"
)

// fileFunctions read files. Paths are relative to the file that calls, and
// stay below the root of the run's files.
func fileFunctions() []row {
	asGiven := func(v sl.Value) sl.Value { return v }
	return []row{
		{
			Name: "read_file", Returns: "Blob", Doc: "Reads a file; a default that is a string is returned as a Blob.",
			Define: readAs(textBlob, func(name, text string) (sl.Value, error) { return &blob{text: text, source: name}, nil }),
		},
		{Name: "read_json", Returns: "any", Doc: "Reads a JSON file.", Define: readAs(asGiven, data.DecodeJSON)},
		{Name: "read_yaml", Returns: "any", Doc: "Reads a YAML file of one document.", Define: readAs(asGiven, data.DecodeYAML)},
		{Name: "read_yaml_stream", Returns: "list", Doc: "Reads a YAML file of any number of documents.", Define: readAs(asGiven, decodeYAMLStream)},
		{Name: "listdir", Returns: "list[str]", Doc: "Lists the files of a folder, sorted, each with the folder's path before it.", Define: listdir},
		{Name: "os.path.exists", Returns: "bool", Doc: "Reports whether there is a file or folder.", Define: exists},
	}
}

func filePath(p *params) table.Arg[string] {
	return table.Required(p, "path", table.Str, "The file, relative to the calling file.")
}

// readAs reads a file and decodes it. A default goes through otherwise.
func readAs(otherwise func(sl.Value) sl.Value, decode func(name, text string) (sl.Value, error)) func(*params) body {
	return func(p *params) body {
		path := filePath(p)
		fallback := table.Optional(p, "default", table.Any, table.Unset, "What to return if there is no such file; without it that is an error.")
		return func(r *Run, c *call) (sl.Value, error) {
			name, err := r.files.resolve(path.Of(c))
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			data, err := r.files.read(name)
			if missing(err) && fallback.Given(c) {
				return otherwise(fallback.Of(c)), nil
			}
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			v, err := decode(name, string(data))
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			return v, nil
		}
	}
}

func exists(p *params) body {
	path := filePath(p)
	return func(r *Run, c *call) (sl.Value, error) {
		_, err := r.files.present(path.Of(c))
		if err != nil && !missing(err) {
			return nil, c.Errorf("%w", err)
		}
		return sl.Bool(err == nil), nil
	}
}

// missing reports whether nothing is there, also since a folder on the way is a file.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// textBlob makes a Blob of a string and leaves other values as they are.
func textBlob(v sl.Value) sl.Value {
	if s, ok := sl.AsString(v); ok {
		return &blob{text: s}
	}
	return v
}

// OutsideError reports that a path of a file builtin leaves the script's files.
type OutsideError struct{ Path, Reason string }

func (e *OutsideError) Error() string { return e.Path + ": " + e.Reason }

func listdir(p *params) body {
	dir := table.Required(p, "path", table.Str, "The folder, relative to the calling file.")
	recursive := table.Optional(p, "recursive", table.Bool, sl.False, "Whether to go into the folders below.")
	return func(r *Run, c *call) (sl.Value, error) {
		names, err := r.files.list(dir.Of(c), recursive.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		return stringList(names), nil
	}
}

// files are what scripts read. A path of theirs is relative to the calling file, or
// absolute; a name is below the root.
type files struct {
	fsys   fs.FS
	ctx    context.Context // ends reading
	script *script
	root   string // the absolute path of the root
	limit  int64  // the most bytes of one file
}

// dir is the absolute folder of the calling file.
func (f *files) dir() string { return path.Join(f.root, path.Dir(f.script.file())) }

func (f *files) abs(p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join(f.dir(), p)
}

// resolve returns the name of a path.
func (f *files) resolve(p string) (string, error) {
	name := path.Join(path.Dir(f.script.file()), p)
	if label, ok := strings.CutPrefix(p, "//"); ok {
		name = path.Join(".", label)
	} else if path.IsAbs(p) {
		name = relative(path.Clean(f.root), path.Clean(p))
	}
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", &OutsideError{p, "leaves the root; set a larger one with --root or sextant.yaml"}
	}
	return name, nil
}

// present returns the name of a path, and fails if nothing is there, or a symbolic link
// leads out of the root. A program can go anywhere, so for a program's arguments this
// finds mistakes, and does not confine it.
func (f *files) present(p string) (string, error) {
	name, err := f.resolve(p)
	if err == nil {
		_, err = fs.Stat(f.fsys, name)
	}
	return name, err
}

// read reads a regular file up to the limit.
func (f *files) read(name string) ([]byte, error) {
	if err := f.ctx.Err(); err != nil {
		return nil, err
	}
	file, err := f.fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, f.limit+1))
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		why := failed.Err
		if info, err := file.Stat(); err == nil && info.IsDir() {
			why = errors.New("it is a folder, not a file")
		}
		err = &fs.PathError{Op: failed.Op, Path: name, Err: why} // an os.File shows the path of the root
	}
	if err == nil && int64(len(data)) > f.limit {
		err = &diag.LimitError{Limit: diag.LimitFileSize, Max: uint64(f.limit), Where: name}
	}
	return data, err
}

// list returns the files of a folder, each with dir before it.
func (f *files) list(dir string, recursive bool) ([]string, error) {
	root, err := f.resolve(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	err = fs.WalkDir(f.fsys, root, func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = f.ctx.Err()
		}
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && !recursive:
			return fs.SkipDir
		case !d.IsDir():
			names = append(names, path.Join(dir, strings.TrimPrefix(strings.TrimPrefix(name, root), "/")))
		}
		return nil
	})
	return names, err
}
