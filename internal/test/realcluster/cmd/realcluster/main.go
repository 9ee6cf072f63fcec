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
	packages, declared, err := realPackages(ctx, patterns)
	if err != nil {
		return err
	}
	servers, err := test(ctx, packages, nil, out)
	servers.print(out)
	if ctx.Err() != nil {
		return err
	}
	return errors.Join(err, testWithout(ctx, declared, servers))
}

// testWithout runs the tests of real servers again, without any: those that pass
// are an error.
func testWithout(ctx context.Context, declared []testID, servers *report) error {
	var packages, names []string
	for _, id := range servers.tests() {
		packages, names = append(packages, id.pkg), append(names, id.test)
	}
	if len(names) == 0 {
		return errors.New("no test asked for a real server")
	}
	slices.Sort(names)
	args := []string{"-run", "^(" + strings.Join(slices.Compact(names), "|") + ")$"}
	slices.Sort(packages)
	without, err := test(ctx, slices.Compact(packages), args, io.Discard, "SEXTANT_REAL_MISSING=1")
	// With CI=true they fail, else they are skipped.
	if failed := new(exec.ExitError); err != nil && !errors.As(err, &failed) {
		return err
	}
	if len(without.results) == 0 {
		return errors.New("run the tests without servers: none ran")
	}
	return hollow(declared, servers, without)
}

// realPackages are those with a test file that only the tags bring in, also if it is
// one of tests that take long, and the tests that are declared to use servers.
func realPackages(ctx context.Context, patterns []string) (packages []string, declared []testID, err error) {
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
		long := slices.ContainsFunc(files, func(name string) bool { return strings.HasSuffix(name, "_long_test.go") })
		files = slices.DeleteFunc(files, func(name string) bool { return !strings.HasSuffix(name, "_"+tag+"_test.go") })
		if len(files) == 0 && !long {
			continue
		}
		packages = append(packages, pkg)
		for _, name := range files {
			tests, err := testsIn(filepath.Join(dir, name))
			if err != nil {
				return nil, nil, err
			}
			for _, test := range tests {
				declared = append(declared, testID{pkg, test})
			}
		}
	}
	if len(packages) == 0 {
		return nil, nil, fmt.Errorf("no package of %s has a file named *_%s_test.go", strings.Join(patterns, " "), tag)
	}
	return packages, declared, nil
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

// test runs one package after another: the servers need the machine.
func test(ctx context.Context, packages, flags []string, out io.Writer, env ...string) (*report, error) {
	args := append([]string{"test", "-tags", tags, "-race", "-count=1", "-p=1", "-timeout=40m", "-json"}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
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
