package tiltfile

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// value is a Go value that one function makes and another takes. Scripts can pass it
// on, compare it, and read its attributes if it has any.
type value[T any] struct {
	typeName string
	of       T
	attrs    sl.StringDict
}

var (
	_ sl.HasAttrs   = value[Link]{}
	_ sl.Comparable = value[Link]{}
)

func (v value[T]) String() string        { return fmt.Sprintf("%s(%+v)", v.typeName, v.of) }
func (v value[T]) Type() string          { return v.typeName }
func (v value[T]) Freeze()               {}
func (v value[T]) Truth() sl.Bool        { return true }
func (v value[T]) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", v.typeName) }
func (v value[T]) AttrNames() []string   { return v.attrs.Keys() }

// Attr returns an attribute.
func (v value[T]) Attr(name string) (sl.Value, error) { return v.attrs[name], nil }

// CompareSameType compares what the values hold.
func (v value[T]) CompareSameType(op syntax.Token, other sl.Value, _ int) (bool, error) {
	o, ok := other.(value[T])
	equal := ok && reflect.DeepEqual(v.of, o.of)
	switch op {
	case syntax.EQL:
		return equal, nil
	case syntax.NEQ:
		return !equal, nil
	}
	return false, fmt.Errorf("%s %s %s not implemented", v.typeName, op, other.Type())
}

// none makes None what an optional parameter of any type may also be: it is the
// same as leaving the argument out.
func none[T any](t table.Type[T]) table.Type[T] { return table.OrNone(t) }

// optional declares a parameter that may be left out or None, and then is the zero
// value of its type.
func optional[T any](p *table.Params, name string, t table.Type[T], doc string) table.Arg[T] {
	return table.Optional(p, name, none(t), sl.None, doc)
}

var (
	// typeStr is a str, or the string of a Blob.
	typeStr = table.Type[string]{Name: "str", Convert: func(v sl.Value) (string, error) {
		s, ok := asString(v)
		if !ok {
			return "", table.ErrType
		}
		return s, nil
	}}
	// typePath is a path: a str, a Blob, or the folder of a repository.
	typePath = table.Type[string]{Name: "str", Convert: func(v sl.Value) (string, error) {
		if repo, ok := v.(*gitRepo); ok {
			return repo.folder, nil
		}
		return typeStr.Convert(v)
	}}
	typeBool = table.Bool
	// typeStrs is a sequence of strings; one string alone is taken for it.
	typeStrs = manyOf(typeStr)
	// typeList is a sequence of strings; one string alone is none.
	typeList = table.Type[[]string]{Name: "list[str]", Convert: func(v sl.Value) ([]string, error) {
		if _, ok := v.(sl.Sequence); !ok {
			return nil, table.ErrType
		}
		return typeStrs.Convert(v)
	}}
	// typePatterns are patterns of files.
	typePatterns = manyOf(typeFilePattern)
	// typePaths is a sequence of paths, or one alone.
	typePaths = manyOf(typePath)
	typeInt   = table.Type[int]{Name: "int", Convert: func(v sl.Value) (int, error) {
		i, ok := v.(sl.Int)
		if !ok {
			return 0, table.ErrType
		}
		n, ok := i.Int64()
		if !ok || int64(int(n)) != n {
			return 0, fmt.Errorf("%s is out of range", i)
		}
		return int(n), nil
	}}
	// typePositive is a count or a number of seconds.
	typePositive = table.Type[int]{Name: "int", Convert: func(v sl.Value) (int, error) {
		n, err := typeInt.Convert(v)
		if err == nil && n < 0 {
			return 0, fmt.Errorf("got %d, want 0 or more", n)
		}
		return n, err
	}}
	// typeText is a str or a Blob.
	typeText = table.Type[text]{Name: "str | blob", Convert: func(v sl.Value) (text, error) {
		s, err := builtins.AsText(v)
		if err != nil {
			return text{}, table.ErrType
		}
		return text{s, builtins.Source(v)}, nil
	}}
	// typeDict is a dict of strings, or another mapping of them, such as os.environ.
	typeDict = table.Type[table.Pairs]{Name: "dict[str, str]", Convert: func(v sl.Value) (table.Pairs, error) {
		m, ok := v.(sl.IterableMapping)
		if !ok {
			return nil, table.ErrType
		}
		var out table.Pairs
		for k, e := range sl.Entries(m) {
			key, ok1 := asString(k)
			val, ok2 := asString(e)
			switch {
			case !ok1:
				return nil, fmt.Errorf("the key %s is a %s, want str", k, k.Type())
			case !ok2:
				return nil, fmt.Errorf("the value of %q is a %s, want str", key, e.Type())
			}
			out = append(out, table.Pair{Key: key, Value: val})
		}
		return out, nil
	}}
)

// asString returns the string of a str or a Blob.
func asString(v sl.Value) (string, bool) {
	if s, ok := v.(sl.String); ok {
		return string(s), true
	}
	s, err := builtins.AsText(v)
	return s, err == nil
}

// parsed accepts a string that parse accepts.
func parsed[T any](parse func(string) (T, error)) table.Type[T] {
	return table.Type[T]{Name: typeStr.Name, Convert: func(v sl.Value) (T, error) {
		s, ok := asString(v)
		if !ok {
			var zero T
			return zero, table.ErrType
		}
		return parse(s)
	}}
}

// typeFilePattern is a pattern of files, as in a .dockerignore file.
var typeFilePattern = parsed(func(s string) (string, error) {
	if strings.Contains(s, "\n") {
		return "", fmt.Errorf("%q has a newline: give a list of patterns", s)
	}
	return s, nil
})

// manyOf accepts a string that t accepts, or any sequence of them: the keys of a
// dict too, as Tilt does.
func manyOf(t table.Type[string]) table.Type[[]string] {
	return table.Type[[]string]{Name: table.OneOrMore.Name, Convert: func(v sl.Value) ([]string, error) {
		items, ok := v.(sl.Sequence)
		if !ok {
			one, err := t.Convert(v)
			return []string{one}, err
		}
		out := make([]string, 0, items.Len())
		for item := range sl.Elements(items) {
			s, err := t.Convert(item)
			if errors.Is(err, table.ErrType) {
				err = fmt.Errorf("got a %s in the list, want %s", item.Type(), t.Name)
			}
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		}
		return out, nil
	}}
}

// text is a str or a Blob, with its name in messages.
type text struct{ text, source string }

// typeMade accepts a value that another function made.
func typeMade[T any](name string) table.Type[value[T]] {
	return table.Type[value[T]]{Name: name, Convert: func(v sl.Value) (value[T], error) {
		made, ok := v.(value[T])
		if !ok {
			return made, table.ErrType
		}
		return made, nil
	}}
}

// typeOf accepts what a value holds that another function made.
func typeOf[T any](name string) table.Type[T] {
	return table.Type[T]{Name: name, Convert: func(v sl.Value) (T, error) {
		made, err := typeMade[T](name).Convert(v)
		return made.of, err
	}}
}

// oneOrMore accepts a value or a sequence of them.
func oneOrMore[T any](t table.Type[T]) table.Type[[]T] {
	return table.Type[[]T]{Name: t.Name + " | list[" + t.Name + "]", Convert: func(v sl.Value) ([]T, error) {
		if items, ok := sequence(v); ok {
			var out []T
			for _, item := range items {
				one, err := t.Convert(item)
				if errors.Is(err, table.ErrType) {
					err = fmt.Errorf("got a %s in the list, want %s", item.Type(), t.Name)
				}
				if err != nil {
					return nil, err
				}
				out = append(out, one)
			}
			return out, nil
		}
		one, err := t.Convert(v)
		if err != nil {
			return nil, err
		}
		return []T{one}, nil
	}}
}

// sequence returns the elements of a list, a tuple or a set.
func sequence(v sl.Value) ([]sl.Value, bool) {
	switch v.(type) {
	case *sl.List, sl.Tuple, *sl.Set:
	default:
		return nil, false
	}
	var out []sl.Value
	for e := range sl.Elements(v.(sl.Iterable)) {
		out = append(out, e)
	}
	return out, true
}

// command is a command as a script writes it: a string for the shell, or a program
// and its arguments. Its zero value is none.
type command struct{ args []string }

var typeCommand = table.Type[command]{Name: "str | list[str]", Convert: func(v sl.Value) (command, error) {
	if s, ok := sl.AsString(v); ok {
		if s == "" {
			return command{}, nil
		}
		return command{[]string{"sh", "-c", s}}, nil
	}
	if _, ok := v.(sl.Sequence); !ok {
		if _, ok := asString(v); ok {
			return command{}, fmt.Errorf("got %s, want str | list[str]: str(x) is its string", v.Type())
		}
		return command{}, table.ErrType
	}
	args, err := typeStrs.Convert(v)
	return command{args}, err
}}

// typeBat is the command for Windows.
var typeBat = table.Type[command]{Name: "str | list[str]", Convert: func(v sl.Value) (command, error) {
	if s, ok := sl.AsString(v); ok {
		if s == "" {
			return command{}, nil
		}
		return command{[]string{"cmd", "/S", "/C", s}}, nil
	}
	return typeCommand.Convert(v)
}}

// triggerMode is when a resource is updated, a value of scripts.
type triggerMode string

const (
	triggerAuto   triggerMode = "auto"
	triggerManual triggerMode = "manual"
)

func (m triggerMode) String() string        { return "TriggerMode(" + string(m) + ")" }
func (m triggerMode) Type() string          { return "TriggerMode" }
func (m triggerMode) Freeze()               {}
func (m triggerMode) Truth() sl.Bool        { return true }
func (m triggerMode) Hash() (uint32, error) { return sl.String(m).Hash() }

var typeTriggerMode = table.Type[triggerMode]{Name: "TriggerMode", Convert: func(v sl.Value) (triggerMode, error) {
	m, ok := v.(triggerMode)
	if !ok {
		return "", table.ErrType
	}
	return m, nil
}}

// typeLabel is a label of a resource.
var typeLabel = parsed(func(s string) (string, error) {
	if len(s) > 63 || !labelPattern().MatchString(s) {
		return "", fmt.Errorf("%q is not a label: want at most 63 letters, digits, - _ and ., the first and the last a letter or digit", s)
	}
	return s, nil
})

// typeName is the name of a resource.
var typeName = parsed(func(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("it is empty")
	case s == "." || s == ".." || strings.ContainsAny(s, "/%"):
		return "", fmt.Errorf("%q is not a name of a resource: it may not hold / and %%", s)
	}
	return s, nil
})

// typeLink is a link, or the URL of one.
var typeLink = table.Type[Link]{Name: "str | Link", Convert: func(v sl.Value) (Link, error) {
	if l, ok := v.(value[Link]); ok {
		return l.of, nil
	}
	s, ok := sl.AsString(v)
	if !ok {
		return Link{}, table.ErrType
	}
	return newLink(s, "")
}}

// newLink checks the URL of a link. One without a scheme is of http.
func newLink(raw, name string) (Link, error) {
	if raw == "" {
		return Link{}, errors.New("the URL is empty")
	}
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	if _, err := url.Parse(raw); err != nil {
		return Link{}, err
	}
	return Link{URL: raw, Name: name}, nil
}

// typePortForward is a port, "local:container" or "host:local:container", or a
// value of port_forward.
var typePortForward = table.Type[PortForward]{Name: "int | str | PortForward", Convert: func(v sl.Value) (PortForward, error) {
	switch v := v.(type) {
	case value[PortForward]:
		return v.of, nil
	case sl.Int:
		port, err := typePort.Convert(v)
		return PortForward{LocalPort: port}, err
	case sl.String:
		return parsePortForward(string(v))
	}
	return PortForward{}, table.ErrType
}}

var typePort = table.Type[int]{Name: "int", Convert: func(v sl.Value) (int, error) {
	n, err := typeInt.Convert(v)
	if err != nil {
		return 0, err
	}
	if n < 0 || n > 65535 {
		return 0, fmt.Errorf("the port %d is not in the range from 0 to 65535", n)
	}
	return n, nil
}}

func parsePortForward(s string) (PortForward, error) {
	parts := strings.Split(s, ":")
	var p PortForward
	if len(parts) == 3 {
		p.Host = parts[0]
		if err := checkHost(p.Host); err != nil {
			return p, fmt.Errorf("%q: %w", s, err)
		}
		parts = parts[1:]
	}
	if len(parts) > 2 {
		return p, fmt.Errorf("%q: want a port, local:container or host:local:container", s)
	}
	for i, port := range parts {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return p, fmt.Errorf("%q: %q is not a port", s, port)
		}
		if i == 0 {
			p.LocalPort = int(n)
		} else {
			p.ContainerPort = int(n)
		}
	}
	return p, nil
}

// lazy compiles a pattern when it is first needed.
func lazy(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}

var (
	// labelPattern is that of a label's value in Kubernetes.
	labelPattern = lazy(`^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`)
	// hostPattern is that of a host name, of which each part begins with a letter.
	hostPattern = lazy(`^([A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?\.)*[A-Za-z]([-A-Za-z0-9]*[A-Za-z0-9])?$`)
)

// checkHost fails for a string that is neither a host name nor an IPv4 address.
func checkHost(host string) error {
	if ip, err := netip.ParseAddr(host); err == nil && ip.Is4() || hostPattern().MatchString(host) {
		return nil
	}
	return fmt.Errorf("%q is neither a host name nor an IP address", host)
}
