package builtins

import (
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"

	sl "go.starlark.net/starlark"
)

// fileFunctions read files. Paths are relative to the file that calls, and
// stay below the root of the run's files.
func fileFunctions() []Function {
	pathParam := Param{"path", typeStr, nil, "The file, relative to the calling file."}
	fallback := Param{"default", typeAny, unset{}, "What to return where there is no such file; without it that is an error."}
	asGiven := func(v sl.Value) sl.Value { return v }
	read := func(name, doc, returns string, otherwise func(sl.Value) sl.Value, decode func(*call, string, string) (sl.Value, error)) Function {
		return Function{
			Name: name, Params: []Param{pathParam, fallback}, Returns: returns, Doc: doc,
			call: func(c *call) (sl.Value, error) {
				name, err := c.run.resolve(c.str("path"))
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				data, err := c.run.readFile(name)
				if missing(err) && c.value("default") != (unset{}) {
					return otherwise(c.value("default")), nil
				}
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				v, err := decode(c, name, string(data))
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				return v, nil
			},
		}
	}
	return []Function{
		read("read_file", "Reads a file; a default that is a text is given as a Blob.", "Blob", textBlob, func(_ *call, name, text string) (sl.Value, error) {
			return &blob{text: text, source: name}, nil
		}),
		read("read_json", "Reads a JSON file.", "any", asGiven, func(_ *call, name, text string) (sl.Value, error) {
			return decodeJSON(name, text)
		}),
		read("read_yaml", "Reads a YAML file of one document.", "any", asGiven, func(_ *call, name, text string) (sl.Value, error) {
			return decodeYAML(name, text)
		}),
		read("read_yaml_stream", "Reads a YAML file of any number of documents.", "list", asGiven, func(_ *call, name, text string) (sl.Value, error) {
			return decodeYAMLStream(name, text)
		}),
		{
			Name: "listdir",
			Params: []Param{
				{"path", typeStr, nil, "The folder, relative to the calling file."},
				{"recursive", typeBool, sl.False, "Whether to go into the folders below."},
			},
			Returns: "list[str]",
			Doc:     "Lists the files of a folder, sorted, each with the folder's path before it.",
			call:    listdir,
		},
		{
			Name: "os.path.exists", Params: []Param{pathParam}, Returns: "bool",
			Doc: "Tells whether there is a file or folder.",
			call: func(c *call) (sl.Value, error) {
				name, err := c.run.resolve(c.str("path"))
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				_, err = fs.Stat(c.run.files, name)
				if err != nil && !missing(err) {
					return nil, c.errorf("%w", err)
				}
				return sl.Bool(err == nil), nil
			},
		},
	}
}

// missing says that nothing is there, also since a folder on the way is a file.
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

// unset is the default of a parameter where leaving it out differs from every
// value it can have.
type unset struct{ sl.NoneType }

// OutsideError says that a path of a file builtin leaves the script's files.
type OutsideError struct{ Path, Reason string }

func (e *OutsideError) Error() string { return e.Path + ": " + e.Reason }

// resolve returns the name, below the root, of a path relative to the calling
// file.
func (r *Run) resolve(p string) (string, error) {
	if path.IsAbs(p) {
		return "", &OutsideError{p, "an absolute path; paths are relative to the calling file"}
	}
	name := path.Join(path.Dir(r.file()), p)
	if name == ".." || strings.HasPrefix(name, "../") {
		return "", &OutsideError{p, "leaves the root; a larger one can be set with --root"}
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
		err = &fs.PathError{Op: failed.Op, Path: name, Err: why} // an os.File says where the root is
	}
	if err == nil && int64(len(data)) > max {
		err = &LimitError{Limit: "file size", Max: max, Where: name}
	}
	return data, err
}

func listdir(c *call) (sl.Value, error) {
	r := c.run
	root, err := r.resolve(c.str("path"))
	if err != nil {
		return nil, c.errorf("%w", err)
	}
	var files []string
	err = fs.WalkDir(r.files, root, func(name string, d fs.DirEntry, err error) error {
		if err == nil {
			err = r.ctx.Err()
		}
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != root && !c.bool("recursive"):
			return fs.SkipDir
		case !d.IsDir():
			files = append(files, path.Join(c.str("path"), strings.TrimPrefix(strings.TrimPrefix(name, root), "/")))
		}
		return nil
	})
	if err != nil {
		return nil, c.errorf("%w", err)
	}
	return stringList(files), nil
}
