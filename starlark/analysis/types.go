package analysis

import (
	"slices"
	"strconv"
	"strings"
)

// Type is what is known of the type of a value: one of some alternatives. The
// type of which nothing is known has none.
type Type []Alternative

// Alternative is one type that a value may have.
type Alternative struct {
	// Name is str, list, Cluster and so on, or the name of a module.
	Name string
	// Args are the types of the elements of a list, or of keys and values of a
	// dict; nil if unknown.
	Args []Type
	// Row is the row of a function of the table, if it is one.
	Row string
	// Def is a function of a script, if it is one.
	Def *Symbol
}

const functionType = "function"

// ParseType reads a type as rows write it: names, arguments in brackets, and |
// between alternatives. A string in quotes is a str, `any` is unknown.
func ParseType(s string) Type {
	if !strings.ContainsAny(s, " \t|[\"") { // most are a name
		return namedType(s)
	}
	var t Type
	for _, part := range splitTop(s, '|') {
		part = strings.TrimSpace(part)
		if strings.HasPrefix(part, `"`) {
			part = "str"
		}
		if part == "any" || part == "" {
			return nil
		}
		name, args, ok := strings.Cut(part, "[")
		// "list of them" is a list.
		name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
		if name == "string" {
			name = "str"
		}
		a := Alternative{Name: name}
		if ok {
			for _, arg := range splitTop(strings.TrimSuffix(args, "]"), ',') {
				a.Args = append(a.Args, ParseType(arg))
			}
		}
		t = t.or(Type{a})
	}
	return t
}

func namedType(name string) Type {
	switch name {
	case "any", "":
		return nil
	case "string", "str":
		return strType
	}
	return Type{{Name: name}}
}

// Values returns the strings of a closed set that a parameter takes, if its type
// lists them in quotes and takes no other string, and the rest of the type but for
// None.
func (p Param) Values() (values []string, others string) {
	if strings.IndexByte(p.Type, '"') < 0 {
		return nil, ""
	}
	var rest []string
	for _, part := range splitTop(p.Type, '|') {
		part = strings.TrimSpace(part)
		if s, err := strconv.Unquote(part); err == nil {
			values = append(values, s)
			continue
		}
		if part == "str" || part == "any" {
			return nil, ""
		}
		if part != "None" {
			rest = append(rest, part)
		}
	}
	return values, strings.Join(rest, " | ")
}

// splitTop splits at sep outside of brackets, quotes and parentheses.
func splitTop(s string, sep byte) []string {
	var parts []string
	depth, start, quoted := 0, 0, false
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case strings.IndexByte("[({", c) >= 0:
			depth++
		case strings.IndexByte("])}", c) >= 0:
			depth--
		case c == sep && depth == 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}

func (a Alternative) String() string {
	if len(a.Args) == 0 {
		return a.Name
	}
	args := make([]string, len(a.Args))
	for i, t := range a.Args {
		args[i] = t.String()
	}
	return a.Name + "[" + strings.Join(args, ", ") + "]"
}

// String returns the type as rows write it, `any` if it is unknown.
func (t Type) String() string {
	if len(t) == 0 {
		return "any"
	}
	parts := make([]string, len(t))
	for i, a := range t {
		parts[i] = a.String()
	}
	return strings.Join(parts, " | ")
}

// names lists the alternatives as the interpreter names types: without their
// arguments.
func (t Type) names() string {
	var parts []string
	for _, a := range t {
		name := a.Name
		if name == "str" {
			name = "string"
		}
		if name == "None" {
			name = "NoneType"
		}
		if !slices.Contains(parts, name) {
			parts = append(parts, name)
		}
	}
	return strings.Join(parts, " or ")
}

// or returns the type of a value that has one of two types: unknown if one is.
func (t Type) or(u Type) Type {
	out := slices.Clip(t) // which is copied if there is more
	for _, a := range u {
		if !slices.ContainsFunc(out, func(b Alternative) bool { return a.equal(b) }) {
			out = append(out, a)
		}
	}
	return out
}

func (a Alternative) equal(b Alternative) bool {
	return a.Name == b.Name && a.Row == b.Row && a.Def == b.Def &&
		slices.EqualFunc(a.Args, b.Args, func(x, y Type) bool { return x.String() == y.String() })
}

// union is or for two types of which one may be unknown, which makes the union
// unknown.
func union(t, u Type) Type {
	if t == nil || u == nil {
		return nil
	}
	return t.or(u)
}

// language types that distinguish a value.
var plainTypes = []string{"str", "int", "float", "bool", "bytes", "None", "list", "dict", "tuple", "set", "range", functionType}

// sequences are what a parameter of type list takes.
var sequences = []string{"list", "tuple", "set", "range"}

// accepts reports whether a parameter of type t may be passed a value of type u.
// It is false only if no alternative of u fits.
func (tab *Table) accepts(t, u Type) bool {
	if len(t) == 0 || len(u) == 0 {
		return true
	}
	for _, want := range t {
		for _, got := range u {
			if tab.fits(want, got) {
				return true
			}
		}
	}
	return false
}

func (tab *Table) fits(want, got Alternative) bool {
	if !tab.isKnown(want.Name) || !tab.isKnown(got.Name) {
		return true
	}
	switch {
	case want.Name == got.Name:
	case want.Name == "list" && slices.Contains(sequences, got.Name):
	case want.Name == "float" && got.Name == "int":
	default:
		return false
	}
	if len(want.Args) != len(got.Args) {
		return true
	}
	for i := range want.Args {
		if !tab.accepts(want.Args[i], got.Args[i]) {
			return false
		}
	}
	return true
}

// isKnown reports whether values of a type can be distinguished from those of others.
func (tab *Table) isKnown(name string) bool {
	return slices.Contains(plainTypes, name) || tab.sealed[name]
}
