package tiltfile

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"syscall"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// paths are those that a script writes: relative to the folder of the file that is
// being executed, or absolute. The engine has names for the files that may be read:
// below the root, or below extensionRoot.
type paths struct {
	host       builtins.Host
	entry      string // the name of the first file
	extensions string // the absolute path of the checkout of extensions, "" for none
}

// executing returns the file whose statements are being executed. When the last
// one is done, the script's functions may still be called: then it is the entry.
func (p *paths) executing(thread *sl.Thread) string {
	for i := range thread.CallStackDepth() {
		if f := thread.CallFrame(i); f.Name == "<toplevel>" {
			return f.Pos.Filename()
		}
	}
	return p.entry
}

// dir is the folder that paths are relative to, below the root.
func (p *paths) dir(c *call) string { return path.Dir(p.executing(c.Thread)) }

// root is the absolute path of the root.
func (p *paths) root() string { return path.Clean(p.host.Options().Dir) }

// absolute is a path as an absolute one.
func (p *paths) absolute(c *call, given string) string {
	if path.IsAbs(given) {
		return path.Clean(given)
	}
	return path.Join(p.location(p.dir(c)), given)
}

// location is the absolute path of a file or folder, by its name for the engine.
func (p *paths) location(name string) string {
	if ext, ok := strings.CutPrefix(name, extensionRoot); ok && p.extensions != "" {
		return path.Join(p.extensions, ext)
	}
	return path.Join(p.root(), name)
}

// operand is a file or folder as the argument of a program that runs in the root, so
// that it is no flag.
func (p *paths) operand(name string) string {
	if IsExtension(name) {
		return p.location(name)
	}
	return "./" + name
}

// outside is why a path cannot be read.
const outside = "leaves the root; set a larger one with --root or sextant.yaml"

// below returns the name for the engine of a path below the root, or in the checkout
// of extensions, which may be there too; ok is false if it is outside.
func (p *paths) below(absolute string) (name string, ok bool) {
	name, ok = within(p.root(), absolute)
	if extensions := p.extensions; extensions != "" && (!ok || len(extensions) > len(p.root())) {
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
func (p *paths) resolve(c *call, given string) (string, error) {
	name, ok := p.below(p.absolute(c, given))
	if !ok {
		return "", &builtins.OutsideError{Path: given, Reason: outside}
	}
	return name, nil
}

// present is resolve for what must be there: a program is given its path.
func (p *paths) present(c *call, given string) (string, error) {
	name, err := p.resolve(c, given)
	if err != nil {
		return "", err
	}
	_, err = fs.Stat(p.host.Files(), name)
	return name, err
}

// read reads a file, and returns its name too.
func (p *paths) read(c *call, given string) (name string, data []byte, err error) {
	if name, err = p.resolve(c, given); err != nil {
		return "", nil, err
	}
	data, err = p.host.ReadFile(name)
	return name, data, err
}

// absent reports whether nothing is there as far as the script can see. What is
// outside the root is not, with a warning.
func (p *paths) absent(err error) bool {
	if o := (*builtins.OutsideError)(nil); errors.As(err, &o) {
		p.host.Warnf(p.host.Here(), "%s is outside the root and taken as absent; a larger root can be set with --root", o.Path)
		return true
	}
	return missing(err)
}

// missing reports whether nothing is there, also since a folder on the way is a
// file.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// recorded is a path that is kept as data and not read: relative to the root, or
// absolute if it is outside.
func (p *paths) recorded(c *call, given string) string {
	absolute := p.absolute(c, given)
	if name, ok := within(p.root(), absolute); ok {
		return name
	}
	return absolute
}

func (p *paths) recordedAll(c *call, given []string) []string {
	var out []string
	for _, one := range given {
		out = append(out, p.recorded(c, one))
	}
	return out
}

// command is a command as data, nil for none.
func (p *paths) command(c *call, cmd, bat command, dir string, env table.Pairs) *Command {
	if len(cmd.args) == 0 && len(bat.args) == 0 {
		return nil
	}
	return &Command{Args: cmd.args, BatArgs: bat.args, Dir: p.recorded(c, dir), Env: nonEmpty(env)}
}

// name returns the name for the engine of a file by its absolute path.
func (p *paths) name(absolute string) (string, error) {
	name, ok := p.below(path.Clean(absolute))
	if !ok {
		return "", &builtins.OutsideError{Path: absolute, Reason: outside}
	}
	return name, nil
}

// buildFiles are [Run.BuildFiles].
type buildFiles struct{ run *Run }

func (f buildFiles) Open(name string) (fs.File, error) {
	if !path.IsAbs(name) {
		return f.run.host.Files().Open(name)
	}
	file, err := f.run.paths.name(name)
	ext, ok := strings.CutPrefix(file, extensionRoot)
	if err != nil || !ok || f.run.loads.checkout == nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return f.run.loads.checkout.Open(ext)
}
