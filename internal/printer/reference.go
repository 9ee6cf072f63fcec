package printer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// ReferenceFormats are the formats of the language's reference, the default
// first.
var ReferenceFormats = []string{"text", "markdown", "stubs"}

// Reference writes the reference of every function and attribute, made from
// the builtins' table.
func Reference(w io.Writer, format string) error {
	switch format {
	case "markdown":
		return markdown(w)
	case "stubs":
		return stubs(w)
	}
	for _, f := range builtins.Functions() {
		if err := summary(w, &f); err != nil {
			return err
		}
	}
	return nil
}

// Entry writes what the reference has of one name: a function, a type with its
// attributes and methods, a module with its functions, or a Type.attribute.
func Entry(w io.Writer, name string) error {
	var names []string
	var members []builtins.Function
	for _, f := range builtins.Functions() {
		if f.Name == name {
			return function(w, &f)
		}
		if strings.HasPrefix(f.Name, name+".") {
			members = append(members, f)
		}
		names = append(names, f.Name)
	}
	found := false
	for _, a := range builtins.Attributes() {
		full := a.Of + "." + a.Name
		names = append(names, a.Of, full)
		if name != a.Of && name != full {
			continue
		}
		found = true
		if _, err := fmt.Fprintf(w, "%s: %s%s\n    %s\n", full, a.Type, waits(&a, " (waits for the cluster)"), a.Doc); err != nil {
			return err
		}
	}
	for i := range members {
		if err := summary(w, &members[i]); err != nil {
			return err
		}
	}
	if found || len(members) > 0 {
		return nil
	}
	return fmt.Errorf("no function or attribute %q%s", name, suggest.DidYouMean(name, names))
}

// summary writes a function without its parameters.
func summary(w io.Writer, f *builtins.Function) error {
	_, err := fmt.Fprintf(w, "%s\n    %s\n", signature(f), f.Doc)
	return err
}

func function(w io.Writer, f *builtins.Function) error {
	if err := summary(w, f); err != nil {
		return err
	}
	for _, p := range f.Params {
		if _, err := fmt.Fprintf(w, "    %s: %s\n        %s\n", p.Name, p.Type, p.Doc); err != nil {
			return err
		}
	}
	return nil
}

// signature is a function as a call shows it, with defaults.
func signature(f *builtins.Function) string {
	params := make([]string, len(f.Params))
	for i, p := range f.Params {
		params[i] = p.Name
		if p.Optional() {
			params[i] += "=" + p.DefaultText()
		}
	}
	return fmt.Sprintf("%s(%s) -> %s", f.Name, strings.Join(params, ", "), f.Returns)
}

func waits(a *builtins.Attribute, text string) string {
	if a.Waits {
		return text
	}
	return ""
}

func markdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Builtins\n\nMade from the table in package `builtins` by `make generate`. " +
		"`sextant doc NAME` prints the same.\nThe modules `math` and `time` and the function `struct` are those of go.starlark.net.\n\n## Functions\n")
	for _, f := range builtins.Functions() {
		fmt.Fprintf(&b, "\n### %s\n\n```python\n%s\n```\n\n%s\n", f.Name, signature(&f), f.Doc)
		if len(f.Params) == 0 {
			continue
		}
		b.WriteString("\n| parameter | type | |\n|---|---|---|\n")
		for _, p := range f.Params {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.Name, cell(p.Type), p.Doc)
		}
	}
	b.WriteString("\n## Attributes\n")
	rows := builtins.Attributes()
	for i, a := range rows {
		if i == 0 || rows[i-1].Of != a.Of {
			fmt.Fprintf(&b, "\n### %s\n\n| attribute | type | waits | |\n|---|---|---|---|\n", a.Of)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", a.Name, cell(a.Type), waits(&a, "yes"), a.Doc)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// cell escapes what would end a table's cell.
func cell(s string) string { return "`" + strings.ReplaceAll(s, "|", `\|`) + "`" }

// ReferenceNames lists the functions, modules, types and attributes that Entry knows, for
// completion.
func ReferenceNames() []string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, f := range builtins.Functions() {
		if of, _, ok := strings.Cut(f.Name, "."); ok {
			add(of)
		}
		add(f.Name)
	}
	for _, a := range builtins.Attributes() {
		add(a.Of)
		add(a.Of + "." + a.Name)
	}
	return names
}
