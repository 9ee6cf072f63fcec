package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// target is one fuzz function.
type target struct{ Package, Name string }

var declaration = regexp.MustCompile(`(?m)^func (Fuzz\w*)\(`)

func main() {
	each := flag.Duration("time", time.Minute, "how long to run each target")
	atOnce := flag.Int("at-once", 1, "how many targets to run at the same time, with one worker each")
	flag.Parse()
	patterns := flag.Args()
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	if err := run(patterns, *each, *atOnce); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1)
	}
}

// minimize bounds the work on making one input smaller. Go's minute for each would
// take most of the time, of a short run all of it.
const minimize = "10x"

func run(patterns []string, each time.Duration, atOnce int) error {
	targets, err := find(patterns)
	if err != nil {
		return err
	}
	if atOnce <= 1 {
		return runAll(targets, 1, func(one target) error { return one.fuzz(each, os.Stdout) })
	}
	var printing sync.Mutex
	return runAll(targets, atOnce, func(one target) error {
		var said bytes.Buffer
		err := one.fuzz(each, &said, "-parallel", "1")
		printing.Lock()
		defer printing.Unlock()
		os.Stdout.Write(said.Bytes())
		return err
	})
}

// runAll calls fuzz for each target, for so many at the same time, until one fails.
func runAll(targets []target, atOnce int, fuzz func(target) error) error {
	var running sync.WaitGroup
	var next atomic.Int64
	errs := make([]error, len(targets))
	var failed atomic.Bool
	for range atOnce {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(targets) && !failed.Load(); i = int(next.Add(1)) - 1 {
				if err := fuzz(targets[i]); err != nil {
					errs[i] = fmt.Errorf("%s in %s: %w", targets[i].Name, targets[i].Package, err)
					failed.Store(true)
				}
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// attempts is how often a target is run where Go ends it by its own race, which
// was one run in ten at the worst.
const attempts = 10

// outOfTime matches a run that failed by nothing but the end of its time. Go's
// coordinator makes an error of that end if it hears of it before its workers'
// context does.
var outOfTime = regexp.MustCompile(`(?m)^--- FAIL: Fuzz\w* \([0-9.]+s\)\r?\n    context deadline exceeded\r?\nFAIL\r?$`)

// fuzz runs a target. A run that Go's race ended is made again rather than passed:
// what it may have found and not reported is among the seeds by then.
func (t target) fuzz(each time.Duration, out io.Writer, flags ...string) (err error) {
	for i := range attempts {
		if i > 0 {
			fmt.Fprintln(out, "fuzz: go test took the end of its own time for a failure: once more")
		}
		fmt.Fprintf(out, "%s %s for %s\n", t.Package, t.Name, each)
		args := append([]string{"test", "-run", "^$", "-fuzz", "^" + t.Name + "$", "-fuzztime", each.String(), "-fuzzminimizetime", minimize}, flags...)
		cmd := exec.Command("go", append(args, t.Package)...)
		var told bytes.Buffer
		cmd.Stdout, cmd.Stderr = io.MultiWriter(out, &told), os.Stderr
		if err = cmd.Run(); err == nil || !outOfTime.Match(told.Bytes()) {
			return err
		}
	}
	return err
}

// find returns the targets in the order of their packages and files.
func find(patterns []string) ([]target, error) {
	const format = `{{$p := .}}{{range .TestGoFiles}}{{$p.ImportPath}} {{$p.Dir}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$p.ImportPath}} {{$p.Dir}}/{{.}}{{"\n"}}{{end}}`
	cmd := exec.Command("go", append([]string{"list", "-f", format}, patterns...)...)
	cmd.Stderr = os.Stderr
	list, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	var targets []target
	for line := range strings.Lines(string(list)) {
		path, file, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		source, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			return nil, fmt.Errorf("look for fuzz targets: %w", err)
		}
		for _, match := range declaration.FindAllSubmatch(source, -1) {
			targets = append(targets, target{path, string(match[1])})
		}
	}
	if len(targets) == 0 {
		return nil, errors.New("no fuzz target in " + strings.Join(patterns, " "))
	}
	return targets, nil
}
