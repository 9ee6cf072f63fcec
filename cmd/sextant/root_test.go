package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/cmd/sextant/internal/console"
)

var update = flag.Bool("update", false, "write what the scripts in testdata give as what they should give")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sextant": main})
}

// TestScripts runs each testdata/*.txtar: one behaviour of the command. Besides
// the usual commands a script has
//
//	exitcode N command args...
//
// which runs a command as exec does and holds its exit code. Accept what changed
// with: go test ./cmd/sextant -update
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exitcode": exitCode},
		Setup: func(env *testscript.Env) error {
			// Nothing of the machine's own configuration is to be found.
			env.Setenv("KUBECONFIG", "/nonexistent/kubeconfig")
			env.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
			env.Setenv("DOCKER_CONFIG", "/nonexistent/docker")
			// Under the race detector each process would stay for a second.
			env.Setenv("GORACE", "atexit_sleep_ms=10")
			return nil
		},
	})
}

func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode N command args...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d; standard error:\n%s", got, want, ts.ReadFile("stderr"))
	}
}

// TestHelpIsComplete walks every command: each describes what it does and has an
// example.
func TestHelpIsComplete(t *testing.T) {
	a := &app{stdout: os.Stdout, console: console.New(os.Stderr)}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Short == "" || !strings.Contains(cmd.Example, "sextant") {
			t.Errorf("%s: short %q, example %q", cmd.CommandPath(), cmd.Short, cmd.Example)
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCommand(a))
}

// TestRootFor holds that a command is the same whether all are made or it alone.
func TestRootFor(t *testing.T) {
	a := &app{stdout: io.Discard, console: console.New(io.Discard)}
	help := func(root *cobra.Command, args ...string) string {
		var out strings.Builder
		root.SetOut(&out)
		root.SetErr(&out)
		root.SetArgs(args)
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Errorf("%q: %v", args, err)
		}
		return out.String()
	}
	var names []string
	for _, c := range subcommands {
		names = append(names, c.name)
		one := newRootFor(a, []string{c.name, "--help"})
		if got, want := help(one, c.name, "--help"), help(newRootCommand(a), c.name, "--help"); got != want || len(got) < 100 {
			t.Errorf("sextant %s --help alone:\n%s\namong all:\n%s", c.name, got, want)
		}
	}
	names = append(names, "help", "completion")
	slices.Sort(names)
	for _, args := range [][]string{{}, {"help", "eval"}, {"-C", "x", "eval"}, {"--help"}, {"evall"}, {"__complete", "ev"}} {
		if got := commandNames(newRootFor(a, args)); !slices.Equal(got, names) {
			t.Errorf("%q: the commands are %q, want %q", args, got, names)
		}
	}
}

// TestExamplesParse holds that each example is a command line that the command
// would take.
func TestExamplesParse(t *testing.T) {
	a := &app{stdout: os.Stdout, console: console.New(os.Stderr)}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			line, _, _ = strings.Cut(line, "#")
			_, line, ok := strings.Cut(line, "sextant ")
			if !ok {
				continue
			}
			line, _, _ = strings.Cut(line, "|")
			line, _, _ = strings.Cut(line, ">")
			line, _, _ = strings.Cut(line, ")")
			root := newRootCommand(a)
			found, rest, err := root.Find(strings.Fields(line))
			if err != nil || found == root {
				t.Errorf("%s: no command in %q", cmd.CommandPath(), line)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
			}
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: %q: %v", cmd.CommandPath(), line, err)
			}
		}
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(newRootCommand(a))
}

// TestInterrupted: a canceled context ends a run with its own code.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("Clusterfile", []byte("print('never')\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	if code := run(ctx, ctx.Done(), []string{"eval"}, &stdout, &stderr); code != exitInterrupted {
		t.Errorf("exit code %d: %s%s", code, stdout.String(), stderr.String())
	}
	if got := stderr.String(); got != "sextant: interrupted\n" || stdout.Len() > 0 {
		t.Errorf("got %q, %q", stdout.String(), got)
	}
}

// deploysToCurrent returns the first command in text that pipes into a kubectl,
// helm or oc without the name of its context.
func deploysToCurrent(text []byte) []byte {
	for _, found := range pipedToDeploy.FindAllSubmatch(text, -1) {
		if !namesContext.Match(found[1]) {
			return found[0]
		}
	}
	return nil
}

var (
	pipedToDeploy = regexp.MustCompile(`(?m)^[^|\n]*\w[^|\n]*\|\s*(?:kubectl|helm|oc)\b([^\n]*)`)
	namesContext  = regexp.MustCompile(`^ --(kube-)?context[ =]\w`)
)

// TestNoPageDeploysToWhateverIsCurrent: no page pipes into a kubectl or helm whose
// context nobody checked. Sextant's own exec and apply check it, and a context that
// the command names is consent.
func TestNoPageDeploysToWhateverIsCurrent(t *testing.T) {
	for text, want := range map[string]bool{
		"sextant render | kubectl apply -f -":                        true,
		"sextant render |helm upgrade x":                             true,
		"sextant render | oc apply --context=\n":                     true,
		"sextant render | kubectl apply --context hub -f -":          true, // a reader who copies half of the line
		"manifests | kubectl --context hub apply -f -":               false,
		"manifests | kubectl --context a\nrender | kubectl apply -f": true,
	} {
		if got := deploysToCurrent([]byte(text)) != nil; got != want {
			t.Errorf("%q: deploys to the current context: %t, want %t", text, got, want)
		}
	}
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if ext := filepath.Ext(path); ext != ".md" && ext != ".1" && d.Name() != "Clusterfile" && d.Name() != "doc.go" {
			return nil
		}
		seen++
		text, err := os.ReadFile(path)
		if found := deploysToCurrent(text); found != nil {
			t.Errorf("%s: %q: use sextant apply, or sextant exec CLUSTER -- kubectl", path, found)
		}
		return err
	})
	if err != nil || seen < 50 {
		t.Errorf("%d pages, %v", seen, err)
	}
}

// fullDisk is a standard output that takes nothing.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
}

// TestResultNotWritten: a result that could not be written is no mistake in the
// command line.
func TestResultNotWritten(t *testing.T) {
	dir := t.TempDir()
	script, mistake, parses := filepath.Join(dir, "Clusterfile"), filepath.Join(dir, "mistake.star"), filepath.Join(dir, "parses.star")
	for file, text := range map[string]string{script: `output("a", "b")`, mistake: "x=nope\n", parses: "config.parse()\n", filepath.Join(dir, "want.print"): ""} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"version"}, {"version", "-o", "json"}, {"doc"}, {"eval", "-o", "json", script}, {"output", "-f", script}, {"output", "a", script},
		{"check", "-o", "json", mistake}, {"fmt", "--diff", mistake}, {"fmt", mistake}, {"test", script}, {"test", "--cover", script}, {"test", "--diff", script}, {"eval", parses, "--", "--help"},
	} {
		caught := make(chan struct{})
		close(caught)
		var stderr strings.Builder
		if code := run(t.Context(), caught, args, fullDisk{}, &stderr); code != exitScriptFailed || !strings.Contains(stderr.String(), "Error: write /dev/stdout: ") {
			t.Errorf("%q: exit status %d, %s", args, code, stderr.String())
		}
	}
}
