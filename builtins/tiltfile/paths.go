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

// executing returns the file whose statements are being executed. When the last
// one is done, the script's functions may still be called: then it is the entry.
func (r *Run) executing(thread *sl.Thread) string {
	for i := range thread.CallStackDepth() {
		if f := thread.CallFrame(i); f.Name == "<toplevel>" {
			return f.Pos.Filename()
		}
	}
	return r.options.Entry
}

// dir is the folder that paths are relative to, below the root.
func (r *Run) dir(c *table.Call) string { return path.Dir(r.executing(c.Thread)) }

// root is the absolute path of the root.
func (r *Run) root() string { return path.Clean(r.host.Options().Dir) }

// absolute is a path as an absolute one.
func (r *Run) absolute(c *table.Call, p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join(r.location(r.dir(c)), p)
}

// location is the absolute path of a file or folder, by its name for the engine.
func (r *Run) location(name string) string {
	if ext, ok := strings.CutPrefix(name, extensionRoot); ok && r.options.ExtensionsDir != "" {
		return path.Join(r.options.ExtensionsDir, ext)
	}
	return path.Join(r.root(), name)
}

// operand is a file or folder as the argument of a program that runs in the root, so
// that it is no flag.
func (r *Run) operand(name string) string {
	if IsExtension(name) {
		return r.location(name)
	}
	return "./" + name
}

// outside is why a path cannot be read.
const outside = "leaves the root; set a larger one with --root or sextant.yaml"

// below returns the name for the engine of a path below the root, or in the checkout
// of extensions, which may be there too; ok is false if it is outside.
func (r *Run) below(absolute string) (name string, ok bool) {
	name, ok = within(r.root(), absolute)
	if extensions := r.options.ExtensionsDir; extensions != "" && (!ok || len(extensions) > len(r.root())) {
		if ext, is := within(extensions, absolute); is {
			return path.Join(extensionRoot, ext), true
		}
	}
	return name, ok
}

// within returns the path from a folder to what is in it.
func within(folder, p string) (name string, ok bool) {
	if p == folder {
		return ".", true
	}
	return strings.CutPrefix(p, strings.TrimSuffix(folder, "/")+"/")
}

// resolve returns the name of a file that is to be read.
func (r *Run) resolve(c *table.Call, p string) (string, error) {
	absolute := r.absolute(c, p)
	name, ok := r.below(absolute)
	if !ok {
		return "", &builtins.OutsideError{Path: p, Reason: outside}
	}
	return name, nil
}

// present is resolve for what must be there: a program is given its path.
func (r *Run) present(c *table.Call, p string) (string, error) {
	name, err := r.resolve(c, p)
	if err != nil {
		return "", err
	}
	_, err = fs.Stat(r.host.Files(), name)
	return name, err
}

// recorded is a path that is kept as data and not read: relative to the root, or
// absolute if it is outside.
func (r *Run) recorded(c *table.Call, p string) string {
	absolute := r.absolute(c, p)
	if name, ok := within(r.root(), absolute); ok {
		return name
	}
	return absolute
}

func (r *Run) recordedAll(c *table.Call, paths []string) []string {
	var out []string
	for _, p := range paths {
		out = append(out, r.recorded(c, p))
	}
	return out
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
		if _, err := r.present(c, of.Of(c)); err != nil {
			return nil, c.Errorf("%w", err)
		}
		folder := r.absolute(c, of.Of(c))
		if _, err := r.present(c, path.Join(folder, ".git")); err != nil {
			return nil, c.Errorf("%s is no repository: %w", of.Of(c), err)
		}
		paths := func(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
			var below string
			if err := sl.UnpackArgs(b.Name(), args, kwargs, "path", &below); err != nil {
				return nil, err
			}
			return sl.String(path.Join(folder, below)), nil
		}
		return &gitRepo{folder: folder, paths: sl.NewBuiltin("paths", paths)}, nil
	}
}

// extensionScheme begins the path of an extension, extensionRoot the name that the
// engine has for one.
const (
	extensionScheme = "ext://"
	extensionRoot   = "@ext/"
)

// IsExtension reports whether a file, by its name for the engine, is of an extension.
func IsExtension(file string) bool { return strings.HasPrefix(file, extensionRoot) }

// ResolveLoad returns the file that a load means: an extension, an absolute path
// below the root, or a path relative to the file being executed. It is for the
// engine's hook.
func (r *Run) ResolveLoad(executing, p string) (name string, ok bool, err error) {
	if ext, is := strings.CutPrefix(p, extensionScheme); is {
		if ext = path.Clean(ext); ext == "." || ext == ".." || path.IsAbs(ext) || strings.HasPrefix(ext, "../") {
			return "", false, fmt.Errorf("%s names no extension", p)
		}
		name, err := r.extensionFile(ext)
		return name, err == nil, err
	}
	if path.IsAbs(p) {
		name, err := r.fileToLoad(p)
		return name, err == nil, err
	}
	name = path.Join(path.Dir(executing), p)
	inside := path.Dir(executing) == "." || !strings.HasPrefix(executing, "@")
	if p == "" || !inside {
		return "", false, nil // the engine's rules keep a module inside itself
	}
	return name, true, nil
}

// fileToLoad returns the name for the engine of a file by its absolute path.
func (r *Run) fileToLoad(p string) (string, error) {
	name, ok := r.below(path.Clean(p))
	if !ok {
		return "", &builtins.OutsideError{Path: p, Reason: outside}
	}
	return name, nil
}
