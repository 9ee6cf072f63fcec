package builtins

import (
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
		{Name: "os.path.exists", Returns: "bool", Doc: "Tells whether there is a file or folder.", Define: exists},
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
			name, err := r.resolve(path.Of(c))
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			data, err := r.readFile(name)
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
		name, err := r.resolve(path.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		_, err = fs.Stat(r.files, name)
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

// resolve returns the name, below the root, of a path: one relative to the calling
// file, or an absolute one.
func (r *Run) resolve(p string) (string, error) {
	name := path.Join(path.Dir(r.file()), p)
	if label, ok := strings.CutPrefix(p, "//"); ok {
		name = path.Join(".", label)
	} else if path.IsAbs(p) {
		name = relative(path.Clean(r.options.Dir), path.Clean(p))
	}
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", &OutsideError{p, "leaves the root; set a larger one with --root or sextant.yaml"}
	}
	return name, nil
}

// readFile reads a regular file up to the limit.
func (r *Run) readFile(name string) ([]byte, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	f, err := r.files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	max := r.options.Limits.FileSize
	data, err := io.ReadAll(io.LimitReader(f, max+1))
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		why := failed.Err
		if info, err := f.Stat(); err == nil && info.IsDir() {
			why = errors.New("it is a folder, not a file")
		}
		err = &fs.PathError{Op: failed.Op, Path: name, Err: why} // an os.File shows the path of the root
	}
	if err == nil && int64(len(data)) > max {
		err = &diag.LimitError{Limit: diag.LimitFileSize, Max: uint64(max), Where: name}
	}
	return data, err
}

func listdir(p *params) body {
	dir := table.Required(p, "path", table.Str, "The folder, relative to the calling file.")
	recursive := table.Optional(p, "recursive", table.Bool, sl.False, "Whether to go into the folders below.")
	return func(r *Run, c *call) (sl.Value, error) {
		files, err := r.listdir(dir.Of(c), recursive.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		return stringList(files), nil
	}
}

// listdir returns the files of a folder, each with dir before it.
func (r *Run) listdir(dir string, recursive bool) ([]string, error) {
	root, err := r.resolve(dir)
	if err != nil {
		return nil, err
	}
	var files []string
	err = fs.WalkDir(r.files, root, func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = r.ctx.Err()
		}
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && !recursive:
			return fs.SkipDir
		case !d.IsDir():
			files = append(files, path.Join(dir, strings.TrimPrefix(strings.TrimPrefix(name, root), "/")))
		}
		return nil
	})
	return files, err
}
