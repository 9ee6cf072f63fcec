package printer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// stubs writes the builtins as a Python stub file, for checkers and editors that
// read one: a class for each type and each module, and a function for each
// function.
func stubs(w io.Writer) error {
	rows := builtins.Describe()
	s := stubFile{classes: map[string]*stubClass{}}
	for _, name := range rows.Sealed {
		s.class(name)
	}
	for _, a := range rows.Attributes {
		c := s.class(a.Of)
		c.body = append(c.body, fmt.Sprintf("    %s: %s\n    %s\n", a.Name, stubType(a.Type), docstring(a.Doc)))
	}
	var functions strings.Builder
	for i := range rows.Functions {
		f := &rows.Functions[i]
		dot := strings.LastIndexByte(f.Name, '.')
		if dot < 0 {
			functions.WriteString("\n" + stubFunction(f, "", f.Name, ""))
			continue
		}
		c := s.class(f.Name[:dot])
		if c.module {
			c.body = append(c.body, "    @staticmethod\n"+stubFunction(f, "    ", f.Name[dot+1:], ""))
		} else {
			c.body = append(c.body, stubFunction(f, "    ", f.Name[dot+1:], "self"))
		}
	}
	var b strings.Builder
	b.WriteString("# What a Clusterfile can use beside Starlark itself, as Python stubs.\n# Made by: sextant doc -o stubs\n\n" +
		"from typing import Any, Callable, NoReturn\n\nmath: Any\ntime: Any\n\ndef struct(**kwargs: Any) -> Any: ...\n")
	for _, name := range s.order {
		s.classes[name].write(&b)
	}
	b.WriteString(functions.String())
	_, err := io.WriteString(w, b.String())
	return err
}

// stubFile collects the classes of a stub file.
type stubFile struct {
	classes map[string]*stubClass // by the type or module
	order   []string
}

// stubClass is a type, or a module, which has one value of a class of its own.
type stubClass struct {
	name   string
	module bool
	body   []string
}

// class returns the class of a type or module, made on first use; the module that
// a module is in comes to have it as an attribute.
func (s *stubFile) class(of string) *stubClass {
	c := s.classes[of]
	if c != nil {
		return c
	}
	c = &stubClass{name: of, module: of[0] >= 'a' && of[0] <= 'z'}
	s.classes[of] = c
	if parent, name, ok := cutLast(of); ok {
		s.order = append(s.order, of) // before the parent, which names it
		p := s.class(parent)
		p.body = append(p.body, fmt.Sprintf("    %s: %s\n", name, className(of)))
		i := slices.Index(s.order, parent)
		s.order = append(slices.Delete(s.order, i, i+1), parent)
		return c
	}
	s.order = append(s.order, of)
	return c
}

func cutLast(name string) (before, after string, ok bool) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 {
		return "", name, false
	}
	return name[:i], name[i+1:], true
}

// className is the class of a module: a name that scripts do not use.
func className(module string) string { return "_" + strings.ReplaceAll(module, ".", "_") }

func (c *stubClass) write(b *strings.Builder) {
	name := c.name
	if c.module {
		name = className(c.name)
	}
	fmt.Fprintf(b, "\nclass %s:\n", name)
	if len(c.body) == 0 {
		b.WriteString("    ...\n")
	}
	for _, part := range c.body {
		b.WriteString(part)
	}
	if c.module && !strings.Contains(c.name, ".") {
		fmt.Fprintf(b, "\n%s: %s\n", c.name, name)
	}
}

func stubFunction(f *analysis.Function, indent, name, self string) string {
	var params []string
	if self != "" {
		params = append(params, self)
	}
	for _, p := range f.Params {
		param := p.Name + ": " + stubType(p.Type)
		if p.Default != "" {
			param += " = ..."
		}
		params = append(params, param)
	}
	return fmt.Sprintf("%sdef %s(%s) -> %s:\n%s    %s\n%s    ...\n",
		indent, name, strings.Join(params, ", "), stubType(f.Returns), indent, docstring(f.Doc), indent)
}

func docstring(doc string) string { return `"""` + strings.ReplaceAll(doc, `\`, `\\`) + `"""` }

// stubType writes a type of the table as Python does.
func stubType(t string) string {
	parsed := analysis.ParseType(t)
	if parsed == nil {
		return "Any"
	}
	var names []string
	for _, a := range parsed {
		name := a.Name
		switch {
		case name == "function":
			name = "Callable[..., Any]"
		case name == "never":
			name = "NoReturn"
		case strings.Contains(name, "."):
			name = "Any"
		case len(a.Args) > 0:
			args := make([]string, len(a.Args))
			for i, arg := range a.Args {
				args[i] = stubType(arg.String())
			}
			name += "[" + strings.Join(args, ", ") + "]"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " | ")
}
