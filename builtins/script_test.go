package builtins_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

var update = flag.Bool("update", false, "write what the scripts in testdata give as what they should give")

// TestScripts runs each testdata/*.txtar: a Clusterfile, the files beside it,
// and in clusters.yaml the clusters it finds. A file fakes adds fake_cluster, and a
// file exec allows programs and answers for them. Below want is everything that the
// run said, in order: prints, programs, warnings, outputs, manifests, and the error.
func TestScripts(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := fstest.MapFS{}
			var want *txtar.File
			for i := range archive.Files {
				f := &archive.Files[i]
				if f.Name == "want" {
					want = f
					continue
				}
				files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: 0o644}
			}
			if want == nil {
				t.Fatal("the archive has no file want")
			}
			got := runScript(t, files)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(string(want.Data), got); diff != "" {
				t.Errorf("want -, got +; accept with: go test ./builtins -run TestScripts -update\n%s", diff)
			}
		})
	}
}

// runScript runs the Clusterfile of files and returns all that it said.
func runScript(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	var log strings.Builder
	options := builtins.Options{
		Env:  lines(files, "env"),
		Args: lines(files, "args"),
		Dir:  "/project",
		Warn: func(w builtins.Warning) { fmt.Fprintln(&log, w) },
	}
	clock := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
	if files["fakes"] != nil {
		options.Fakes = clock()
	}
	if files["exec"] != nil {
		options.Exec = &programs{answers: lines(files, "exec"), log: &log}
	}
	if data, err := fs.ReadFile(files, "clusters.yaml"); err == nil {
		list, err := cluster.ParseList("c.yaml", data)
		if err != nil {
			t.Fatal(err)
		}
		replay := cluster.NewReplay("clusters.yaml", list)
		options.Resolver, options.Catalog = replay, replay
	}
	run := builtins.New(options)
	engine := starlark.Engine{
		Files: files,
		Print: func(_ diag.Position, message string) { fmt.Fprintln(&log, message) },
		Clock: clock,
	}
	err := engine.Run(context.Background(), "Clusterfile", run)
	for _, o := range run.Outputs() {
		fmt.Fprintf(&log, "output %s = %s\n", o.Name, o.JSON)
	}
	var manifests strings.Builder
	if err == nil {
		err = run.Render(&manifests, "")
	}
	if manifests.Len() > 0 {
		fmt.Fprintf(&log, "manifests:\n%s", manifests.String())
	}
	var script *starlark.ScriptError
	switch {
	case errors.As(err, &script):
		if err := starlark.Render(&log, script); err != nil {
			t.Fatal(err)
		}
	case err != nil:
		fmt.Fprintf(&log, "Error: %v\n", err)
	}
	return log.String()
}

// programs answers for programs, a line each: "sort: a" prints a and exits with 0,
// "false: exit 1" prints nothing. Any other program is not installed.
type programs struct {
	answers []string
	log     *strings.Builder
}

func (p *programs) Run(_ context.Context, c builtins.Command) (builtins.Result, error) {
	fmt.Fprintf(p.log, "program %q", c.Args)
	if c.Or != nil {
		fmt.Fprintf(p.log, " or %q", c.Or)
	}
	if c.Dir != "" {
		fmt.Fprintf(p.log, " in %s", c.Dir)
	}
	if len(c.Env) > 0 || c.Stdin != "" || c.Quiet {
		fmt.Fprintf(p.log, " env %q stdin %q quiet %t", c.Env, c.Stdin, c.Quiet)
	}
	if c.Context != nil {
		fmt.Fprintf(p.log, " context %q", *c.Context)
		if c.Namespace != "" {
			fmt.Fprintf(p.log, " namespace %q", c.Namespace)
		}
	}
	fmt.Fprintln(p.log)
	for _, line := range p.answers {
		answer, ok := strings.CutPrefix(line, c.Args[0]+": ")
		if !ok {
			continue
		}
		var result builtins.Result
		if _, err := fmt.Sscanf(answer, "exit %d", &result.Status); err != nil {
			result.Stdout = []byte(answer + "\n")
		}
		return result, nil
	}
	return builtins.Result{}, fmt.Errorf("%s is not installed", c.Args[0])
}

func lines(files fstest.MapFS, name string) []string {
	f, ok := files[name]
	if !ok {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(f.Data), "\n"), "\n")
}
