package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

const (
	// tag is the build tag of tests that use real servers, in files named
	// *_real_test.go.
	tag = "real"
	// tags has beside it the one of tests that take long without them.
	tags = tag + ",long"
)

func main() {
	// A second Ctrl-C ends at once; the first lets the tests stop their servers.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "realcluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, patterns []string, out io.Writer) error {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	if err := install(ctx, out); err != nil {
		// What is there is tested all the same.
		fmt.Fprintf(out, "install: %v\n", err)
	}
	fmt.Fprintln(out, "build etcd, Kubernetes and buildx, about twelve minutes the first time")
	tools, err := realcluster.BuildTools(ctx)
	if err != nil {
		fmt.Fprintf(out, "%v\n", err)
	} else {
		fmt.Fprintf(out, "Kubernetes %s is at %s\n", tools.Version, tools.APIServer)
	}
	if path, err := realcluster.BuildBuildx(ctx); err != nil {
		fmt.Fprintf(out, "%v\n", err)
	} else {
		fmt.Fprintf(out, "buildx is at %s\n", path)
	}
	real, long, err := taggedTests(ctx, patterns)
	if err != nil {
		return err
	}
	servers, err := test(ctx, slices.Concat(real, long), out)
	servers.print(out)
	if ctx.Err() != nil {
		return err
	}
	return errors.Join(err, testWithout(ctx, real, servers))
}

// testWithout runs the tests of real servers again, without any: those that pass
// are an error.
func testWithout(ctx context.Context, declared []testID, servers *report) error {
	asked := servers.tests()
	if len(asked) == 0 {
		return errors.New("no test asked for a real server")
	}
	without, err := test(ctx, asked, io.Discard, "SEXTANT_REAL_MISSING=1")
	// With CI=true they fail, else they are skipped.
	if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
		return err
	}
	if len(without.results) == 0 {
		return errors.New("run the tests without servers: none ran")
	}
	return hollow(declared, servers, without)
}

// taggedTests are the tests that only the tags bring in: those that are declared to
// use real servers, and those that take long.
func taggedTests(ctx context.Context, patterns []string) (real, long []testID, err error) {
	const format = `{{.ImportPath}} {{.Dir}}{{range .TestGoFiles}} {{.}}{{end}}{{range .XTestGoFiles}} {{.}}{{end}}`
	args := append([]string{"list", "-tags", tags, "-f", format}, patterns...)
	cmd := exec.CommandContext(ctx, "go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	data, err := cmd.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("list packages: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		pkg, dir, files := fields[0], fields[1], fields[2:]
		for _, name := range files {
			kind := &real
			switch {
			case strings.HasSuffix(name, "_long_test.go"):
				kind = &long
			case !strings.HasSuffix(name, "_"+tag+"_test.go"):
				continue
			}
			tests, err := testsIn(filepath.Join(dir, name))
			if err != nil {
				return nil, nil, err
			}
			for _, test := range tests {
				*kind = append(*kind, testID{pkg, test})
			}
		}
	}
	if len(real)+len(long) == 0 {
		return nil, nil, fmt.Errorf("no package of %s has a test in a file named *_%s_test.go or *_long_test.go", strings.Join(patterns, " "), tag)
	}
	return real, long, nil
}

// testsIn are the names of the tests that a file declares.
func testsIn(path string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("find the tests: %w", err)
	}
	var names []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") && f.Name.Name != "TestMain" {
			names = append(names, f.Name.Name)
		}
	}
	return names, nil
}

// test runs the tests, one package after another: the servers need the machine.
func test(ctx context.Context, tests []testID, out io.Writer, env ...string) (*report, error) {
	var packages, names []string
	for _, id := range tests {
		packages, names = append(packages, id.pkg), append(names, id.test)
	}
	slices.Sort(packages)
	slices.Sort(names)
	run := "^(" + strings.Join(slices.Compact(names), "|") + ")$"
	args := []string{"test", "-tags", tags, "-race", "-count=1", "-p=1", "-timeout=40m", "-json", "-run", run}
	cmd := exec.CommandContext(ctx, "go", append(args, slices.Compact(packages)...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return new(report), fmt.Errorf("run the tests: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return new(report), fmt.Errorf("run the tests: %w", err)
	}
	rep, unread := readEvents(events, out)
	err = cmd.Wait()
	if err := errors.Join(unread, err); err != nil {
		return rep, fmt.Errorf("run the tests: %w", err)
	}
	return rep, nil
}
