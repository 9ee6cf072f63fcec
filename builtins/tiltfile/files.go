package tiltfile

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// blobType is what scripts see as the type of a Blob.
const blobType = "blob"

func newBlob(h builtins.Host, text, source string) sl.Value { return h.Blob(blobType, text, source) }

// fileFunctions read files, and decode strings into values and encode them.
func fileFunctions() []row {
	return []row{
		{Name: "read_file", Returns: "blob", Doc: "Reads a file.", Define: readAs(
			func(h builtins.Host, name, text string) (sl.Value, error) { return newBlob(h, text, name), nil })},
		{Name: "read_json", Returns: "any", Doc: "Reads a JSON file.", Define: readAs(builtins.Host.DecodeJSON)},
		{Name: "read_yaml", Returns: "any", Doc: "Reads a YAML file of one document.", Define: readAs(builtins.Host.DecodeYAML)},
		{Name: "read_yaml_stream", Returns: "list", Doc: "Reads a YAML file of any number of documents; empty ones are dropped.", Define: readAs(decodeStream)},
		{Name: "decode_json", Returns: "any", Doc: "Reads a string as JSON.", Define: decodeAs("json", builtins.Host.DecodeJSON)},
		{Name: "decode_yaml", Returns: "any", Doc: "Reads a string as one YAML document.", Define: decodeAs("yaml", builtins.Host.DecodeYAML)},
		{Name: "decode_yaml_stream", Returns: "list", Doc: "Reads a string as any number of YAML documents; empty ones are dropped.", Define: decodeAs("yaml", decodeStream)},
		{Name: "encode_json", Returns: "blob", Doc: "Writes a value as JSON, indented.", Define: encodeAs("obj", writeJSON)},
		{Name: "encode_yaml", Returns: "blob", Doc: "Writes a value as a YAML document.", Define: encodeAs("obj", writeYAML)},
		{Name: "encode_yaml_stream", Returns: "blob", Doc: "Writes each element of a list as a YAML document.", Define: encodeAs("objs", writeYAMLStream)},
		{Name: "blob", Returns: "blob", Doc: "Makes a blob of a string.", Define: func(p *params) body {
			input := table.Required(p, "input", typeText, "The string.")
			return func(r *Run, c *call) (sl.Value, error) { return newBlob(r.host, input.Of(c).text, ""), nil }
		}},
		{Name: "local_git_repo", Returns: gitRepoType, Doc: "Makes a value that names files of a repository: paths(path) is the absolute path of one.", Define: localGitRepo},
		{Name: "listdir", Returns: "list[str]", Doc: "Lists the files of a folder by their absolute paths, sorted.", Define: listdir},
		{Name: "watch_file", Returns: "None", Doc: "Records a file to watch.", Define: watchFile},
		{Name: "include", Returns: "None", Doc: "Executes another Tiltfile, once a run.", Define: func(p *params) body {
			file := table.Required(p, "path", typeStr, "The file, or ext:// and the name of an extension.")
			return func(_ *Run, c *call) (sl.Value, error) {
				_, err := execFile(c, file.Of(c))
				return sl.None, err
			}
		}},
		{Name: "load_dynamic", Returns: "dict", Doc: "Executes another Tiltfile, once a run, and returns its globals, which do not change.", Define: func(p *params) body {
			file := table.Required(p, "path", typeStr, "The file, or ext:// and the name of an extension.")
			return func(_ *Run, c *call) (sl.Value, error) {
				globals, err := execFile(c, file.Of(c))
				if err != nil {
					return nil, err
				}
				out := sl.NewDict(len(globals))
				for _, name := range globals.Keys() {
					if err := out.SetKey(sl.String(name), globals[name]); err != nil {
						return nil, err
					}
				}
				out.Freeze() // as the globals are
				return out, nil
			}
		}},
	}
}

// execFile executes a file through the engine.
func execFile(c *call, file string) (sl.StringDict, error) {
	if file == "" {
		return nil, c.Errorf("the path is empty")
	}
	globals, err := c.Thread.Load(c.Thread, file)
	if err != nil {
		return nil, c.Errorf("cannot load %s: %w", file, err)
	}
	return globals, nil
}

// readAs reads a file and decodes it.
func readAs(decode func(h builtins.Host, name, text string) (sl.Value, error)) func(*params) body {
	return func(p *params) body {
		file := table.Required(p, "paths", typePath, "The file.")
		fallback := table.Optional(p, "default", table.Any, table.Unset, "What to return if there is no such file; without it that is an error.")
		return func(r *Run, c *call) (sl.Value, error) {
			name, data, err := r.paths.read(c, file.Of(c))
			if fallback.Given(c) && r.paths.absent(err) {
				if s, ok := sl.AsString(fallback.Of(c)); ok && c.Name() == "read_file" {
					return newBlob(r.host, s, ""), nil
				}
				return fallback.Of(c), nil
			}
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			v, err := decode(r.host, name, string(data))
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			return v, nil
		}
	}
}

// markedDocument is the start of a document whose first character is a byte order mark.
var markedDocument = lazy(`(?m)^(---[^\n]*\n)\x{feff}`)

// withoutMarks removes the byte order marks that a stream has within if a script joins
// files that begin with one: Tilt reads each document alone.
func withoutMarks(stream string) string {
	if strings.LastIndex(stream, "\ufeff") < 1 {
		return stream
	}
	return markedDocument().ReplaceAllString(stream, "$1")
}

func decodeStream(h builtins.Host, name, text string) (sl.Value, error) {
	docs, err := h.DecodeYAMLStream(name, withoutMarks(text))
	if err != nil {
		return nil, err
	}
	return sl.NewList(docs), nil
}

func decodeAs(param string, decode func(h builtins.Host, name, text string) (sl.Value, error)) func(*params) body {
	return func(p *params) body {
		from := table.Required(p, param, typeText, "The string.")
		return func(r *Run, c *call) (sl.Value, error) {
			t := from.Of(c)
			v, err := decode(r.host, t.source, t.text)
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			return v, nil
		}
	}
}

func encodeAs(param string, encode func(builtins.Host, sl.Value) (encoded, error)) func(*params) body {
	return func(p *params) body {
		obj := table.Required(p, param, table.Any, "The value.")
		return func(r *Run, c *call) (sl.Value, error) {
			out, err := encode(r.host, obj.Of(c))
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			return r.host.Encoded(blobType, string(out.text), out.documents), nil
		}
	}
}

func listdir(p *params) body {
	dir := table.Required(p, "dir", typePath, "The folder.")
	recursive := table.Optional(p, "recursive", typeBool, sl.False, "Whether to list the folders below too.")
	return func(r *Run, c *call) (sl.Value, error) {
		root, err := r.paths.resolve(c, dir.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		var files []sl.Value
		err = fs.WalkDir(r.host.Files(), root, func(name string, d fs.DirEntry, err error) error {
			if err == nil {
				err = r.host.Context().Err()
			}
			switch {
			case err != nil:
				return err
			case name == root: // a file has no files
			case d.IsDir() && !recursive.Of(c):
				return fs.SkipDir
			case !d.IsDir():
				files = append(files, sl.String(r.paths.location(name)))
			}
			return nil
		})
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		return sl.NewList(files), nil
	}
}

// gitRepo is the value of local_git_repo.
type gitRepo struct {
	folder string // absolute
	paths  *sl.Builtin
}

const gitRepoType = "git.Repo"

var _ sl.HasAttrs = (*gitRepo)(nil)

func (g *gitRepo) String() string        { return fmt.Sprintf("[%s] '%s'", gitRepoType, g.folder) }
func (g *gitRepo) Type() string          { return gitRepoType }
func (g *gitRepo) Freeze()               {}
func (g *gitRepo) Truth() sl.Bool        { return true }
func (g *gitRepo) Hash() (uint32, error) { return sl.String(g.folder).Hash() }
func (g *gitRepo) AttrNames() []string   { return []string{"paths"} }

// Attr returns the method paths.
func (g *gitRepo) Attr(name string) (sl.Value, error) {
	if name != "paths" {
		return nil, nil
	}
	return g.paths, nil
}

func localGitRepo(p *params) body {
	of := table.Required(p, "paths", typePath, "The folder of the repository, which holds .git.")
	return func(r *Run, c *call) (sl.Value, error) {
		if _, err := r.paths.present(c, of.Of(c)); err != nil {
			return nil, c.Errorf("%w", err)
		}
		folder := r.paths.absolute(c, of.Of(c))
		if _, err := r.paths.present(c, path.Join(folder, ".git")); err != nil {
			return nil, c.Errorf("%s is not a repository: %w", of.Of(c), err)
		}
		paths := func(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
			var below string
			if err := sl.UnpackArgs(b.Name(), args, kwargs, "paths", &below); err != nil {
				return nil, err
			}
			return sl.String(path.Join(folder, below)), nil
		}
		return &gitRepo{folder: folder, paths: sl.NewBuiltin("paths", paths)}, nil
	}
}

func watchFile(p *params) body {
	file := table.Required(p, "paths", typePath, "The file.")
	return func(r *Run, c *call) (sl.Value, error) {
		r.settings.WatchFiles = append(r.settings.WatchFiles, r.paths.recorded(c, file.Of(c)))
		return sl.None, nil
	}
}
