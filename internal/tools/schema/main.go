// Command schema writes the JSON schemas of what `sextant builds` and `sextant
// resources` print, docs/NAME.schema.json, from the Go types and their comments. Its
// arguments are the module's folder.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/sextant-dev/sextant/builtins/tiltfile/plan"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "schema:", err)
		os.Exit(1)
	}
}

func run(module string) error {
	comments, err := readComments(filepath.Join(module, "builtins/tiltfile"), filepath.Join(module, "builtins/tiltfile/plan"))
	if err != nil {
		return err
	}
	for name, t := range map[string]reflect.Type{
		"builds":    reflect.TypeFor[plan.BuildList](),
		"resources": reflect.TypeFor[plan.ResourceList](),
	} {
		g := generator{comments: comments, types: map[string]*schema{}}
		root := g.object(t)
		root.Schema = "https://json-schema.org/draft/2020-12/schema"
		root.Types = g.types
		root.Properties["apiVersion"].Const = plan.APIVersion
		root.Properties["kind"].Const = t.Name()
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(root); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(module, "docs", name+".schema.json"), out.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// schema is a JSON schema, as far as these types need it.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        string             `json:"type,omitempty"`
	Const       string             `json:"const,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	// Additional is a schema, or false.
	Additional any                `json:"additionalProperties,omitempty"`
	Types      map[string]*schema `json:"$defs,omitempty"`
}

// generator makes the schema of one type and of those in it.
type generator struct {
	comments map[string]string // of Type and Type.Field
	types    map[string]*schema
}

func (g *generator) of(t reflect.Type) *schema {
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem())
	case reflect.Struct:
		if g.types[t.Name()] == nil {
			g.types[t.Name()] = &schema{} // one may hold itself
			*g.types[t.Name()] = *g.object(t)
		}
		return &schema{Ref: "#/$defs/" + t.Name()}
	case reflect.Slice:
		if t == reflect.TypeFor[json.RawMessage]() {
			return &schema{}
		}
		return &schema{Type: "array", Items: g.of(t.Elem())}
	case reflect.Map:
		return &schema{Type: "object", Additional: g.of(t.Elem())}
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int:
		return &schema{Type: "integer"}
	}
	panic("schema: no form for " + t.String())
}

func (g *generator) object(t reflect.Type) *schema {
	s := &schema{Type: "object", Description: g.comments[t.Name()], Properties: map[string]*schema{}, Additional: false}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := g.of(f.Type)
		p.Description = g.comments[t.Name()+"."+f.Name]
		s.Properties[name] = p
		if options == "" {
			s.Required = append(s.Required, name)
		}
	}
	return s
}

// readComments returns the comments of the types of packages and of their fields.
func readComments(dirs ...string) (map[string]string, error) {
	comments := map[string]string{}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			for _, d := range file.Decls {
				if d, ok := d.(*ast.GenDecl); ok {
					addComments(comments, d)
				}
			}
		}
	}
	return comments, nil
}

func addComments(comments map[string]string, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		t, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		comments[t.Name.Name] = oneLine(d.Doc)
		if s, ok := t.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, name := range f.Names {
					comments[t.Name.Name+"."+name.Name] = oneLine(f.Doc)
				}
			}
		}
	}
}

func oneLine(c *ast.CommentGroup) string {
	return strings.NewReplacer("[", "", "]", "").Replace(strings.Join(strings.Fields(c.Text()), " "))
}
