package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/builtins/tiltfile/lint"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/printer"
	"github.com/sextant-dev/sextant/scripttest"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// errMistakes ends a check that found mistakes. They were printed already.
var errMistakes = errors.New("mistakes were found")

func newCheckCommand(a *app) *cobra.Command {
	var root string
	var format formatFlag
	var spoken dialectFlag
	var extensions extensionsFlag
	cmd := &cobra.Command{
		Use:   "check [flags] [PATH...]",
		Short: "Find the mistakes of scripts without running them",
		Long: `Check reads each script and every file that it loads, and reports syntax errors,
undefined names, arguments and attributes that a function or a value does not
have, values whose type is evidently wrong, unused names, and unreachable code. It
runs nothing and connects to nothing. In a Tiltfile it also reports a deployment to
a current context that is neither a local development cluster nor allowed, and
images that are built and that no manifest uses. A *_test.star file has the module
assert, as in sextant test.

PATH is a script, or a folder with every Clusterfile, Tiltfile and *.star file below
it; by default it is ./Clusterfile or ./Tiltfile.

Check exits with status 1 if it finds mistakes; warnings do not count.`,
		Example: `  sextant check
  sextant check deploy/Clusterfile
  sextant check -o json . | jq '.diagnostics[].summary'`,
		Args: func(*cobra.Command, []string) error { return format.check() },
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkRoot(root); err != nil {
				return err
			}
			files, err := scriptsToCheck(cmd.Context(), args)
			if err != nil {
				return err
			}
			checkout, release, err := extensions.open()
			if err != nil {
				return err
			}
			defer release()
			c := checking{
				root: root, dialect: spoken, extensions: checkout,
				relative: len(files) > 1 || format.value == "json",
			}
			if err := a.work(cmd.Context(), func(func(error)) error { return c.all(cmd.Context(), files) }); err != nil {
				return err
			}
			return c.print(a, format.value)
		},
	}
	cmd.Flags().StringVar(&root, "root", "", "the folder that scripts cannot leave; by default that of sextant.yaml, else the folder of each script")
	takeFolder(cmd, "root")
	format.add(cmd, []string{"text", "json"})
	spoken.add(cmd)
	extensions.add(cmd)
	return cmd
}

// checking collects the diagnostics of several scripts.
type checking struct {
	root    string
	dialect dialectFlag
	// extensions is a checkout of an extensions repository, nil for none.
	extensions fs.FS
	// relative shows paths relative to the current folder, not to the root of the
	// script, so that those of several scripts differ.
	relative bool

	list []diag.Diagnostic
	// seen has those of list: a file that two scripts load is reported once.
	seen map[diagnosticKey]bool
	// lines are the lines of source that list is about, by where it begins.
	lines map[diag.Position]string
}

// diagnosticKey is what makes two diagnostics the same.
type diagnosticKey struct {
	at            diag.Range
	code, summary string
}

func (c *checking) all(ctx context.Context, files []string) error {
	c.list = []diag.Diagnostic{} // in JSON, an array
	c.seen, c.lines = map[diagnosticKey]bool{}, map[diag.Position]string{}
	for _, file := range files {
		if err := c.file(ctx, file); err != nil {
			return err
		}
	}
	return nil
}

func (c *checking) file(ctx context.Context, file string) error {
	script, err := openScript(ctx, file, c.root)
	if err != nil {
		return err
	}
	defer script.close()
	spoken := c.dialect.of(script)
	engine := starlark.Engine{Files: script.files, Table: tableOf(spoken, script.name)}
	spoken.New(&engine, builtins.Options{Dir: filepath.ToSlash(script.root)}, tiltfile.Options{Entry: script.name, Extensions: c.extensions}) // for its hooks
	program, err := engine.Check(ctx, script.name)
	if err != nil {
		return err
	}
	rename := func(name string) string { return name }
	if c.relative {
		rename = func(name string) string { return relativeTo(script.root, name) }
	}
	found := program.Diagnostics()
	if spoken == dialect.Tiltfile {
		k := kube.New(kube.Options{})
		found = append(lint.Confirmed(program, found), lint.Check(program, lint.Options{Files: script.files, Current: k.CurrentProduct})...)
		k.Close()
	}
	for _, d := range found {
		line := program.Line(d.Start)
		d = renamed(d, rename)
		key := diagnosticKey{d.Range, d.Code, d.Summary}
		if !c.seen[key] {
			c.seen[key] = true
			c.lines[d.Start] = line
			c.list = append(c.list, d)
		}
	}
	return nil
}

// renamed returns a diagnostic with other names of files.
func renamed(d diag.Diagnostic, rename func(string) string) diag.Diagnostic {
	at := func(r diag.Range) diag.Range {
		r.Start.File, r.End.File = rename(r.Start.File), rename(r.End.File)
		return r
	}
	d.Range = at(d.Range)
	d.Loads, d.Related, d.Fixes = slices.Clone(d.Loads), slices.Clone(d.Related), slices.Clone(d.Fixes)
	for i := range d.Loads {
		d.Loads[i].File = rename(d.Loads[i].File)
	}
	for i := range d.Related {
		d.Related[i].Range = at(d.Related[i].Range)
	}
	for i := range d.Fixes {
		d.Fixes[i].Edits = slices.Clone(d.Fixes[i].Edits)
		for j := range d.Fixes[i].Edits {
			d.Fixes[i].Edits[j].Range = at(d.Fixes[i].Edits[j].Range)
		}
	}
	return d
}

// relativeTo returns the path of a script below root as the user would name it
// from the current folder.
func relativeTo(root, name string) string {
	full := filepath.Join(root, filepath.FromSlash(name))
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, full); err == nil {
			full = rel
		}
	}
	return filepath.ToSlash(full)
}

// print prints what was found, and fails if a mistake is among it.
func (c *checking) print(a *app, format string) error {
	if format == "json" {
		if err := printer.JSON(a.stdout, map[string]any{"diagnostics": c.list}); err != nil {
			return err
		}
	} else if err := (diag.Printer{Line: func(p diag.Position) string { return c.lines[p] }}).Print(a.console, c.list); err != nil {
		return err
	}
	if diag.HasErrors(c.list) {
		return errMistakes
	}
	return nil
}

// scriptsToCheck returns the scripts that the arguments name, or the default one.
func scriptsToCheck(ctx context.Context, args []string) ([]string, error) {
	if len(args) == 0 {
		p, err := projectOf(ctx, "")
		if err != nil {
			return nil, err
		}
		return []string{scriptOrDefault("", p)}, nil
	}
	var files []string
	for _, arg := range args {
		scripts, err := scriptsIn(arg)
		if err != nil {
			return nil, err
		}
		if len(scripts) == 0 {
			return nil, usagef("%s: no Clusterfile, Tiltfile or *.star file below it", arg)
		}
		files = append(files, scripts...)
	}
	return files, nil
}

// scriptsIn returns the scripts that a path names: itself, or, if it is a folder,
// those below it.
func scriptsIn(p string) ([]string, error) {
	info, err := localfile.Stat(p)
	if errors.Is(err, localfile.ErrOutside) {
		return nil, usageError{err}
	}
	if err != nil || !info.IsDir() {
		return []string{p}, nil // what is wrong with it shows as it is opened
	}
	var files []string
	err = filepath.WalkDir(p, func(at string, d fs.DirEntry, err error) error {
		switch name := filepath.Base(at); {
		case err != nil:
			return err
		case d.IsDir() && at != p && strings.HasPrefix(name, "."):
			return fs.SkipDir
		case d.Type().IsRegular() && isScriptName(name):
			files = append(files, at)
		}
		return nil
	})
	if err != nil {
		return nil, failure{err}
	}
	return files, nil
}

// tableOf returns what the files of a run can use, if entry is its first file.
func tableOf(spoken dialect.Dialect, entry string) func(file string) *analysis.Table {
	tables := map[bool]*analysis.Table{} // those of extensions, and of other files
	return func(file string) *analysis.Table {
		extension := tiltfile.IsExtension(file)
		if tables[extension] == nil {
			rows := append([]analysis.Rows{analysis.Library()}, spoken.Describe()...)
			if extension {
				rows = append(rows, tiltfile.DescribeNative())
			}
			tables[extension] = analysis.NewTable(append(rows, scripttest.Describe(entry))...)
		}
		return tables[extension]
	}
}
