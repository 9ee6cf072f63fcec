package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// tag is the build tag of tests that use real servers.
const tag = "real"

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
	fmt.Fprintln(out, "build etcd and Kubernetes, about nine minutes the first time")
	tools, err := realcluster.BuildTools(ctx)
	if err != nil {
		fmt.Fprintf(out, "%v\n", err)
	} else {
		fmt.Fprintf(out, "Kubernetes %s is at %s\n", tools.Version, tools.APIServer)
	}
	packages, err := realPackages(ctx, patterns)
	if err != nil {
		return err
	}
	return test(ctx, packages, out)
}

// realPackages are those with a test file that only the tag brings in.
func realPackages(ctx context.Context, patterns []string) ([]string, error) {
	const format = `{{.ImportPath}}{{range .TestGoFiles}} {{.}}{{end}}{{range .XTestGoFiles}} {{.}}{{end}}`
	args := append([]string{"list", "-tags", tag, "-f", format}, patterns...)
	cmd := exec.CommandContext(ctx, "go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	data, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	var packages []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if slices.ContainsFunc(fields, func(name string) bool { return strings.HasSuffix(name, "_"+tag+"_test.go") }) {
			packages = append(packages, fields[0])
		}
	}
	if len(packages) == 0 {
		return nil, fmt.Errorf("no package of %s has a file named *_%s_test.go", strings.Join(patterns, " "), tag)
	}
	return packages, nil
}

// test runs one package after another: the servers need the machine.
func test(ctx context.Context, packages []string, out io.Writer) error {
	args := append([]string{"test", "-tags", tag, "-race", "-count=1", "-p=1", "-timeout=20m", "-json"}, packages...)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = os.Stderr
	events, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("run the tests: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("run the tests: %w", err)
	}
	report, unread := readEvents(events, out)
	err = cmd.Wait()
	report.print(out)
	if err := errors.Join(unread, err); err != nil {
		return fmt.Errorf("run the tests: %w", err)
	}
	return nil
}
