package builtins

import (
	"fmt"
	"path"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
)

var osAttributes = sync.OnceValue(func() *table.Attributes[*Run] {
	return table.NewAttributes("os", table.Getter[*Run]{
		Name: "environ", Type: "dict[str, str]", Doc: "The environment, which a script cannot change.",
		Get: func(r *Run) (sl.Value, error) { return environment(r.options.Env).dict(), nil },
	})
})

// osFunctions are what Tiltfiles have of Python's os module. The environment
// is the run's, not the process's.
func osFunctions() []row {
	onPath := func(name, doc string, f func(*files, string) string) row {
		return row{Name: name, Returns: "str", Doc: doc, Define: func(p *params) body {
			path := table.Required(p, "path", table.Str, "A path.")
			return func(r *Run, c *call) (sl.Value, error) { return sl.String(f(&r.files, path.Of(c))), nil }
		}}
	}
	return []row{
		{Name: "os.getenv", Returns: "str | None", Doc: "Returns a variable of the environment.", Define: getenv},
		{
			Name: "os.getcwd", Returns: "str", Doc: "Returns the folder of the calling file.",
			Define: table.Plain(func(r *Run, _ *call) (sl.Value, error) { return sl.String(r.files.dir()), nil }),
		},
		onPath("os.path.abspath", "Makes a path absolute.", (*files).abs),
		onPath("os.path.realpath", "Makes a path absolute; links are not followed.", (*files).abs),
		onPath("os.path.basename", "Returns the last element of a path.", func(_ *files, p string) string {
			return p[strings.LastIndex(p, "/")+1:]
		}),
		onPath("os.path.dirname", "Returns a path without its last element.", func(_ *files, p string) string {
			head := p[:strings.LastIndex(p, "/")+1]
			if trimmed := strings.TrimRight(head, "/"); trimmed != "" {
				return trimmed
			}
			return head
		}),
		{Name: "os.path.join", Returns: "str", Doc: "Joins the elements of a path.", Define: joinPath},
		{Name: "os.path.relpath", Returns: "str", Doc: "Returns a path as seen from a folder.", Define: relpath},
		{
			Name: "shlex.quote", Returns: "str", Doc: "Quotes a string so that a POSIX shell reads it as one word.",
			Define: func(p *params) body {
				s := table.Required(p, "s", table.Str, "The string.")
				return func(_ *Run, c *call) (sl.Value, error) { return sl.String(ShellQuote(s.Of(c))), nil }
			},
		},
	}
}

func getenv(p *params) body {
	key := table.Required(p, "key", table.Str, "The variable.")
	otherwise := table.Optional(p, "default", table.Any, sl.None, "What to return if it is not set.")
	return func(r *Run, c *call) (sl.Value, error) {
		if v, ok := environment(r.options.Env).get(key.Of(c)); ok {
			return sl.String(v), nil
		}
		return otherwise.Of(c), nil
	}
}

func joinPath(p *params) body {
	paths := table.Rest(p, "paths", table.Str, "The elements; an absolute one drops those before it.")
	return func(_ *Run, c *call) (sl.Value, error) {
		var out string
		for _, p := range paths.Of(c) {
			switch {
			case path.IsAbs(p) || out == "":
				out = p
			case strings.HasSuffix(out, "/"):
				out += p
			default:
				out += "/" + p
			}
		}
		return sl.String(out), nil
	}
}

func relpath(p *params) body {
	target := table.Required(p, "path", table.Str, "A path.")
	start := table.Optional(p, "start", table.Str, sl.String("."), "The folder to start from.")
	return func(r *Run, c *call) (sl.Value, error) {
		return sl.String(relative(r.files.abs(start.Of(c)), r.files.abs(target.Of(c)))), nil
	}
}

// environment is what scripts see of the environment, KEY=VALUE each.
type environment []string

// dict returns it as a frozen dict, in its own order.
func (e environment) dict() *sl.Dict {
	d := sl.NewDict(len(e))
	for _, kv := range e {
		if k, v, ok := strings.Cut(kv, "="); ok {
			if err := d.SetKey(sl.String(k), sl.String(v)); err != nil {
				panic(fmt.Sprintf("environ: %v", err)) // strings are hashable, the dict is new
			}
		}
	}
	d.Freeze()
	return d
}

// get returns the last value of a variable, as a process would see it.
func (e environment) get(key string) (value string, found bool) {
	for _, kv := range e {
		if k, v, ok := strings.Cut(kv, "="); ok && k == key {
			value, found = v, true
		}
	}
	return value, found
}

// relative returns target as seen from base; both are absolute and clean.
func relative(base, target string) string {
	b := strings.FieldsFunc(base, func(r rune) bool { return r == '/' })
	t := strings.FieldsFunc(target, func(r rune) bool { return r == '/' })
	same := 0
	for same < len(b) && same < len(t) && b[same] == t[same] {
		same++
	}
	up := make([]string, len(b)-same)
	for i := range up {
		up[i] = ".."
	}
	if out := path.Join(append(up, t[same:]...)...); out != "" {
		return out
	}
	return "."
}

// ShellQuote quotes s so that a POSIX shell reads it as one word.
func ShellQuote(s string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%+=:,./-_", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'"'"'`) + "'"
}
