// Package lint finds mistakes of a Tiltfile that show without running it and that
// package analysis cannot know: a missing guard, and an image that is built for
// nothing. It reports what is evident only: as soon as a script computes what it
// deploys, or executes files that are not named, it is silent.
//
// It executes nothing, and reads manifests and Dockerfiles through the file system
// that it is given.
package lint

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// The codes of the diagnostics.
const (
	CodeMissingGuard = "missing-guard"
	CodeUnusedImage  = "unused-image"
)

// Options are what a check needs beside the program.
type Options struct {
	// Files are those that the script reads.
	Files fs.FS
	// Current returns the kubeconfig's current context and its product, without
	// connecting. It is called only if that matters. Nil knows none.
	Current func() (context, product string, err error)
}

// Check returns what it finds in a Tiltfile and the files that it loads.
func Check(p *analysis.Program, o Options) []diag.Diagnostic {
	c := collect(p)
	if c.opaque {
		return nil
	}
	return append(c.missingGuard(o), c.unusedImages(o)...)
}

// Confirmed returns the diagnostics without those of loads of extensions that the
// program itself declares: where one is, is known only if the script runs.
func Confirmed(p *analysis.Program, found []diag.Diagnostic) []diag.Diagnostic {
	declared := declaredExtensions(p)
	return slices.DeleteFunc(found, func(d diag.Diagnostic) bool {
		unknown, ok := errors.AsType[*tiltfile.UnknownExtensionError](d.Cause)
		return ok && declared.has(unknown.Name)
	})
}

// extensionNames are those that calls of v1alpha1.extension and of
// v1alpha1.extension_repo declare.
type extensionNames struct {
	names []string
	// hosts begin the names of those of a repository.
	hosts []string
	// any reports whether every name may be declared: by a name that is computed, or by
	// a default repository that is not on the network.
	any bool
}

func (e extensionNames) has(name string) bool {
	return e.any || slices.Contains(e.names, name) ||
		slices.ContainsFunc(e.hosts, func(host string) bool { return strings.HasPrefix(name, host+"/") })
}

func declaredExtensions(p *analysis.Program) extensionNames {
	c := &calls{by: map[string][]call{}}
	for _, f := range p.Files {
		if f.Tree != nil {
			c.walk(f, f.Tree, false)
		}
	}
	var e extensionNames
	for _, extension := range c.by["v1alpha1.extension"] {
		names, literal := literals(extension.argument(0, "name"))
		e.names, e.any = append(e.names, names...), e.any || !literal
	}
	for _, repo := range c.by["v1alpha1.extension_repo"] {
		if host := repo.argument(5, "load_host"); host != nil {
			hosts, literal := literals(host)
			e.hosts, e.any = append(e.hosts, hosts...), e.any || !literal
		}
		names, literal := literals(repo.argument(0, "name"))
		url, known := literals(repo.argument(3, "url"))
		remote := known && slices.ContainsFunc(url, func(s string) bool { return strings.HasPrefix(s, "http") })
		e.any = e.any || !remote && (!literal || slices.Contains(names, "default"))
	}
	return e
}

// call is one call of a builtin.
type call struct {
	*syntax.CallExpr
	file *analysis.File
	// deferred reports whether it is in a function: then it is not known whether, how
	// often and from which folder it is executed.
	deferred bool
}

// argument returns the argument of a parameter, nil if the call has none.
func (c call) argument(position int, name string) syntax.Expr {
	for i, arg := range c.Args {
		if named, ok := arg.(*syntax.BinaryExpr); ok && named.Op == syntax.EQ {
			if id, ok := named.X.(*syntax.Ident); ok && id.Name == name {
				return named.Y
			}
		} else if i == position {
			return arg
		}
	}
	return nil
}

// calls are the calls of a program, by the builtin.
type calls struct {
	by map[string][]call
	// source is the contents of all files.
	source string
	// opaque reports whether files are executed that the program does not have.
	opaque bool
}

func collect(p *analysis.Program) *calls {
	c := &calls{by: map[string][]call{}}
	for _, f := range p.Files {
		if f.Tree == nil || strings.HasPrefix(f.Name, "@") {
			c.opaque = c.opaque || f.Tree == nil
			continue
		}
		c.source += f.Source
		for _, stmt := range f.Tree.Stmts {
			c.walk(f, stmt, false)
		}
	}
	c.opaque = c.opaque || len(c.by["include"]) > 0 || len(c.by["load_dynamic"]) > 0
	return c
}

func (c *calls) walk(f *analysis.File, n syntax.Node, deferred bool) {
	syntax.Walk(n, func(inner syntax.Node) bool {
		switch inner := inner.(type) {
		case *syntax.DefStmt, *syntax.LambdaExpr:
			if !deferred {
				c.walk(f, inner, true)
				return false
			}
		case *syntax.CallExpr:
			if name := builtin(f, inner.Fn); name != "" {
				c.by[name] = append(c.by[name], call{inner, f, deferred})
			}
		}
		return true
	})
}

// builtin is the name of the function, with its module, if the file does not define it;
// otherwise "".
func builtin(f *analysis.File, fn syntax.Expr) string {
	switch fn := fn.(type) {
	case *syntax.Ident:
		if f.Global(fn.Name) == nil {
			return fn.Name
		}
	case *syntax.DotExpr:
		if module := builtin(f, fn.X); module != "" {
			return module + "." + fn.Name.Name
		}
	}
	return ""
}

// missingGuard reports a script that deploys and allows no context, if the current
// one is not of a local development cluster.
func (c *calls) missingGuard(o Options) []diag.Diagnostic {
	deploys := slices.Concat(c.by["k8s_yaml"], c.by["k8s_custom_deploy"])
	if len(deploys) == 0 || o.Current == nil || len(c.by["k8s_cluster"]) > 0 {
		return nil
	}
	var allowed []string
	for _, allow := range c.by["allow_k8s_contexts"] {
		names, ok := literals(allow.argument(0, "contexts"))
		if !ok {
			return nil
		}
		allowed = append(allowed, names...)
	}
	context, product, err := o.Current()
	if err != nil || context == "" || cluster.LocalProduct(product) || slices.Contains(allowed, context) {
		return nil
	}
	first := deploys[0]
	return []diag.Diagnostic{{
		Severity: diag.Warning, Code: CodeMissingGuard, Range: first.file.Range(first.Fn),
		Summary: fmt.Sprintf("the current context %q (%s) is not a local development cluster, and the script does not allow it", context, product),
		Detail:  fmt.Sprintf("Add allow_k8s_contexts(%q) if it is meant, or choose another context.", context),
	}}
}

// unusedImages reports each image that is built and whose name is nowhere else:
// neither in a manifest nor in a Dockerfile nor in the scripts.
func (c *calls) unusedImages(o Options) []diag.Diagnostic {
	if len(c.by["k8s_yaml"]) == 0 || len(c.by["docker_compose"]) > 0 {
		return nil
	}
	var text strings.Builder
	var images []string
	for _, given := range c.by["k8s_yaml"] {
		files, ok := literals(given.argument(0, "yaml"))
		if !ok || given.deferred {
			return nil
		}
		for _, name := range files {
			data, err := fs.ReadFile(o.Files, beside(given.file, name))
			if err != nil {
				return nil // it fails when it runs, which is reported then
			}
			text.Write(data)
			if found, err := manifest.Find(data, manifest.Options{File: name, Env: true}); err == nil {
				for _, i := range found.Images {
					images = append(images, i.Text)
				}
			}
		}
	}
	builds := slices.Concat(c.by["docker_build"], c.by["custom_build"])
	for _, b := range c.by["docker_build"] {
		data, ok := dockerfile(b, o.Files)
		if !ok {
			return nil
		}
		text.Write(data)
	}
	var out []diag.Diagnostic
	for _, b := range builds {
		arg := b.argument(0, "ref")
		refs, ok := literals(arg)
		if !ok || len(refs) != 1 || strings.Contains(text.String(), refs[0]) || strings.Count(c.source, refs[0]) > 1 {
			continue
		}
		d := diag.Diagnostic{
			Severity: diag.Warning, Code: CodeUnusedImage, Range: b.file.Range(arg),
			Summary: fmt.Sprintf("image %q is built, and no manifest names it", refs[0]), Suggestion: suggest.Name(refs[0], images),
		}
		if d.Suggestion != "" {
			d.Summary += fmt.Sprintf(" (did you mean %q?)", d.Suggestion)
		}
		out = append(out, d)
	}
	return out
}

// dockerfile returns the contents of a build's Dockerfile, ok false if it is not evident.
func dockerfile(b call, files fs.FS) (data []byte, ok bool) {
	if contents := b.argument(4, "dockerfile_contents"); contents != nil {
		text, ok := literals(contents)
		return []byte(strings.Join(text, "\n")), ok
	}
	context, ok := literals(b.argument(1, "context"))
	if !ok || len(context) != 1 || b.deferred {
		return nil, false
	}
	name := path.Join(context[0], "Dockerfile")
	if arg := b.argument(3, "dockerfile"); arg != nil {
		named, ok := literals(arg)
		if !ok || len(named) != 1 {
			return nil, false
		}
		name = named[0]
	}
	data, err := fs.ReadFile(files, beside(b.file, name))
	return data, err == nil
}

// beside is a path of a script as a name of the files.
func beside(f *analysis.File, name string) string { return path.Join(path.Dir(f.Name), name) }

// literals returns the strings that an expression writes down: one, or those of a
// list or tuple. It reports ok false for anything else.
func literals(e syntax.Expr) (out []string, ok bool) {
	switch e := e.(type) {
	case *syntax.Literal:
		s, ok := e.Value.(string)
		return []string{s}, ok
	case *syntax.ParenExpr:
		return literals(e.X)
	case *syntax.TupleExpr:
		return elements(e.List)
	case *syntax.ListExpr:
		return elements(e.List)
	case *syntax.Ident:
		return nil, e.Name == "None"
	}
	return nil, false
}

func elements(list []syntax.Expr) (out []string, ok bool) {
	for _, e := range list {
		s, ok := literals(e)
		if !ok {
			return nil, false
		}
		out = append(out, s...)
	}
	return out, true
}
