package builtins

import (
	"fmt"
	"path"
	"strings"

	sl "go.starlark.net/starlark"
)

func osAttributes() []Attribute {
	return []Attribute{{Of: "os", Name: "environ", Type: "dict[str, str]", Doc: "The environment, which a script cannot change."}}
}

// osFunctions are what Tiltfiles have of Python's os module. The environment
// is the run's, not the process's.
func osFunctions() []Function {
	str := func(name, doc string, f func(*call) string) Function {
		return Function{
			Name: name, Params: []Param{{"path", typeStr, nil, "A path."}}, Returns: "str", Doc: doc,
			call: func(c *call) (sl.Value, error) { return sl.String(f(c)), nil },
		}
	}
	return []Function{
		{
			Name: "os.getenv",
			Params: []Param{
				{"key", typeStr, nil, "The variable."},
				{"default", typeAny, sl.None, "What to return where it is not set."},
			},
			Returns: "str | None",
			Doc:     "Returns a variable of the environment.",
			call: func(c *call) (sl.Value, error) {
				if v, ok := c.run.getenv(c.str("key")); ok {
					return sl.String(v), nil
				}
				return c.value("default"), nil
			},
		},
		{
			Name: "os.getcwd", Returns: "str", Doc: "Returns the folder of the calling file.",
			call: func(c *call) (sl.Value, error) { return sl.String(c.run.dir()), nil },
		},
		str("os.path.abspath", "Makes a path absolute.", func(c *call) string { return c.run.abs(c.str("path")) }),
		str("os.path.realpath", "Makes a path absolute; links are not followed.", func(c *call) string { return c.run.abs(c.str("path")) }),
		str("os.path.basename", "Returns the last element of a path.", func(c *call) string {
			p := c.str("path")
			return p[strings.LastIndex(p, "/")+1:]
		}),
		str("os.path.dirname", "Returns a path without its last element.", func(c *call) string {
			p := c.str("path")
			head := p[:strings.LastIndex(p, "/")+1]
			if trimmed := strings.TrimRight(head, "/"); trimmed != "" {
				return trimmed
			}
			return head
		}),
		{
			Name:    "os.path.join",
			Params:  []Param{{"*paths", typeStr, nil, "The elements; an absolute one drops those before it."}},
			Returns: "str", Doc: "Joins the elements of a path.",
			call: func(c *call) (sl.Value, error) {
				var out string
				for i, v := range c.rest {
					p, ok := sl.AsString(v)
					if !ok {
						return nil, c.errorf("for element %d: got %s, want str", i+1, v.Type())
					}
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
			},
		},
		{
			Name: "os.path.relpath",
			Params: []Param{
				{"path", typeStr, nil, "A path."},
				{"start", typeStr, sl.String("."), "The folder to start from."},
			},
			Returns: "str", Doc: "Returns a path as seen from a folder.",
			call: func(c *call) (sl.Value, error) {
				return sl.String(relative(c.run.abs(c.str("start")), c.run.abs(c.str("path")))), nil
			},
		},
		{
			Name: "shlex.quote", Params: []Param{{"s", typeStr, nil, "The text."}}, Returns: "str",
			Doc:  "Quotes a text so that a POSIX shell reads it as one word.",
			call: func(c *call) (sl.Value, error) { return sl.String(ShellQuote(c.str("s"))), nil },
		},
	}
}

// environ is the run's environment as a frozen dict, in its own order.
func (r *Run) environ() *sl.Dict {
	d := sl.NewDict(len(r.options.Env))
	for _, kv := range r.options.Env {
		if k, v, ok := strings.Cut(kv, "="); ok {
			if err := d.SetKey(sl.String(k), sl.String(v)); err != nil {
				panic(fmt.Sprintf("environ: %v", err)) // strings are hashable, the dict is new
			}
		}
	}
	d.Freeze()
	return d
}

// getenv returns the last value of a variable, as a process would see it.
func (r *Run) getenv(key string) (value string, found bool) {
	for _, kv := range r.options.Env {
		if k, v, ok := strings.Cut(kv, "="); ok && k == key {
			value, found = v, true
		}
	}
	return value, found
}

// dir is the absolute folder of the calling file.
func (r *Run) dir() string { return path.Join(r.options.Dir, path.Dir(r.file())) }

func (r *Run) abs(p string) string {
	if path.IsAbs(p) {
		return path.Clean(p)
	}
	return path.Join(r.dir(), p)
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
