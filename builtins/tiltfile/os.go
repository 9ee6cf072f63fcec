package tiltfile

import (
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// osFunctions are Tilt's modules os, os.path and shlex. Paths follow Go's filepath
// and not Python's os.path: an absolute element of join drops nothing.
func osFunctions() []row {
	onPath := func(name, doc string, f func(r *Run, c *call, p string) string) row {
		return row{Name: name, Returns: "str", Doc: doc, Define: func(p *params) body {
			of := table.Required(p, "path", typeStr, "A path.")
			return func(r *Run, c *call) (sl.Value, error) { return sl.String(f(r, c, of.Of(c))), nil }
		}}
	}
	return []row{
		{Name: "os.getenv", Returns: "str | None", Doc: "Returns a variable of the environment.", Define: getenv},
		{Name: "os.putenv", Returns: "None", Doc: "Sets a variable of the run's environment.", Define: putenv},
		{Name: "os.unsetenv", Returns: "None", Doc: "Removes a variable of the run's environment.", Define: unsetenv},
		{
			Name: "os.getcwd", Returns: "str", Doc: "Returns the folder of the file being executed.",
			Define: table.Plain(func(r *Run, c *call) (sl.Value, error) {
				return sl.String(r.paths.absolute(c, ".")), nil
			}),
		},
		onPath("os.path.abspath", "Makes a path absolute.", func(r *Run, c *call, p string) string { return r.paths.absolute(c, p) }),
		onPath("os.path.realpath", "Makes a path absolute; links are not followed.", func(r *Run, c *call, p string) string { return r.paths.absolute(c, p) }),
		onPath("os.path.basename", "Returns the last element of a path.", func(_ *Run, _ *call, p string) string { return path.Base(p) }),
		onPath("os.path.dirname", "Returns a path without its last element.", func(_ *Run, _ *call, p string) string { return path.Dir(p) }),
		{Name: "os.path.exists", Returns: "bool", Doc: "Reports whether there is a file or folder.", Define: func(p *params) body {
			of := table.Required(p, "path", typeStr, "A path.")
			return func(r *Run, c *call) (sl.Value, error) {
				_, err := r.paths.present(c, of.Of(c))
				if err != nil && !r.paths.absent(err) {
					return nil, c.Errorf("%w", err)
				}
				return sl.Bool(err == nil), nil
			}
		}},
		{Name: "os.path.join", Returns: "str", Doc: "Joins and cleans the elements of a path.", Define: func(p *params) body {
			first := table.Required(p, "path", typeStr, "The first element.")
			more := table.Rest(p, "paths", typeStr, "The other elements.")
			return func(_ *Run, c *call) (sl.Value, error) {
				return sl.String(path.Join(append([]string{first.Of(c)}, more.Of(c)...)...)), nil
			}
		}},
		{Name: "os.path.relpath", Returns: "str", Doc: "Returns a path as seen from a folder.", Define: func(p *params) body {
			target := table.Required(p, "targpath", typeStr, "A path.")
			base := table.Optional(p, "basepath", typeStr, sl.String(""), "The folder to start from; empty is that of the file being executed.")
			return func(r *Run, c *call) (sl.Value, error) {
				rel, err := filepath.Rel(r.paths.absolute(c, base.Of(c)), r.paths.absolute(c, target.Of(c)))
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return sl.String(filepath.ToSlash(rel)), nil
			}
		}},
		{Name: "shlex.quote", Returns: "str", Doc: "Quotes a string so that a POSIX shell reads it as one word.", Define: func(p *params) body {
			name := table.Required(p, "name", typeStr, "The string.")
			return func(_ *Run, c *call) (sl.Value, error) { return sl.String(builtins.ShellQuote(name.Of(c))), nil }
		}},
	}
}

func getenv(p *params) body {
	key := table.Required(p, "key", typeStr, "The variable.")
	fallback := table.Optional(p, "default", table.Any, sl.None, "What to return if it is not set.")
	return func(r *Run, c *call) (sl.Value, error) {
		v, found, err := r.env.Get(sl.String(key.Of(c)))
		if err != nil || found {
			return v, err
		}
		return fallback.Of(c), nil
	}
}

func putenv(p *params) body {
	key := table.Required(p, "key", typeStr, "The variable.")
	value := table.Required(p, "value", typeStr, "Its value.")
	return func(r *Run, c *call) (sl.Value, error) {
		return sl.None, r.env.SetKey(sl.String(key.Of(c)), sl.String(value.Of(c)))
	}
}

func unsetenv(p *params) body {
	key := table.Required(p, "key", typeStr, "The variable.")
	return func(r *Run, c *call) (sl.Value, error) {
		_, _, err := r.env.Delete(sl.String(key.Of(c)))
		return sl.None, err
	}
}

// environ is the run's environment, which scripts may change as a dict. What they
// change is seen by the programs of the run and by nothing else.
type environ struct {
	*sl.Dict
	given map[string]string
}

func newEnviron(env []string) *environ {
	e := &environ{sl.NewDict(len(env)), make(map[string]string, len(env))}
	for _, kv := range env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			if err := e.Dict.SetKey(sl.String(k), sl.String(v)); err != nil {
				panic(fmt.Sprintf("environ: %v", err)) // strings are hashable, the dict is new
			}
			e.given[k] = v
		}
	}
	return e
}

// Freeze does nothing: a loaded file that keeps os.environ in a global does not
// freeze it for others.
func (e *environ) Freeze() {}

// Type is that of Tilt's.
func (e *environ) Type() string { return "environ" }

// CompareSameType compares the variables with those of another environ.
func (e *environ) CompareSameType(op syntax.Token, other sl.Value, depth int) (bool, error) {
	return e.Dict.CompareSameType(op, other.(*environ).Dict, depth)
}

// SetKey sets a variable, which is a string.
func (e *environ) SetKey(k, v sl.Value) error {
	if _, ok := k.(sl.String); !ok {
		return fmt.Errorf("a variable of the environment is a str, got %s", k.Type())
	}
	if _, ok := v.(sl.String); !ok {
		return fmt.Errorf("the value of the variable %s must be a str, got %s", k, v.Type())
	}
	return e.Dict.SetKey(k, v)
}

// changes are the variables that the script set to another value, KEY=VALUE each,
// and those that it removed.
func (e *environ) changes() (set, removed []string, err error) {
	left := make(map[string]bool, len(e.given))
	for k, v := range e.Entries() {
		key, ok1 := sl.AsString(k)
		value, ok2 := sl.AsString(v)
		if !ok1 || !ok2 {
			return nil, nil, fmt.Errorf("os.environ holds %s = %s, want strings", k, v)
		}
		left[key] = true
		if old, had := e.given[key]; !had || old != value {
			set = append(set, key+"="+value)
		}
	}
	for _, kv := range sortedKeys(e.given) {
		if !left[kv] {
			removed = append(removed, kv)
		}
	}
	return set, removed, nil
}

// lookup returns a variable, for what interpolates the environment.
func (e *environ) lookup(key string) (string, bool) {
	v, found, err := e.Get(sl.String(key))
	if err != nil || !found {
		return "", false
	}
	return sl.AsString(v)
}

var moduleAttributes = sync.OnceValue(func() []*table.Attributes[*Run] {
	str := func(name, doc string, of func(*Run) string) table.Getter[*Run] {
		return table.Getter[*Run]{Name: name, Type: "str", Doc: doc, Get: table.Text(of)}
	}
	entry := func(r *Run) string { return path.Join(r.paths.root(), r.options.Entry) }
	return []*table.Attributes[*Run]{
		table.NewAttributes("os",
			table.Getter[*Run]{Name: "environ", Type: "dict[str, str]", Doc: "The environment of the run; a change of it is seen by the programs that the script starts.",
				Get: func(r *Run) (sl.Value, error) { return r.env, nil }},
			str("name", "The system: posix, or nt on Windows.", func(*Run) string {
				if runtime.GOOS == "windows" {
					return "nt"
				}
				return "posix"
			}),
		),
		table.NewAttributes("sys",
			table.Getter[*Run]{Name: "argv", Type: "list[str]", Doc: "The command line of the command of Tilt that evaluates a script and deploys nothing.",
				Get: func(r *Run) (sl.Value, error) {
					argv := append([]string{"tilt"}, strings.Fields(Subcommand)...)
					return stringList(append(argv, r.host.Options().Args...)), nil
				}},
			str("executable", "The program: tilt.", func(*Run) string { return "tilt" }),
		),
		table.NewAttributes("config",
			str("main_path", "The absolute path of the entry file.", entry),
			str("main_dir", "The absolute path of its folder.", func(r *Run) string { return path.Dir(entry(r)) }),
			str("tilt_subcommand", "The command of Tilt that evaluates a script and deploys nothing: "+Subcommand+".", func(*Run) string { return Subcommand }),
		),
	}
})

// declareValues adds the names that are no functions.
func declareValues(names sl.StringDict, r *Run) error {
	names["TRIGGER_MODE_AUTO"] = triggerAuto
	names["TRIGGER_MODE_MANUAL"] = triggerManual
	for _, module := range moduleAttributes() {
		if err := module.Declare(names, r); err != nil {
			return err
		}
	}
	return nil
}
