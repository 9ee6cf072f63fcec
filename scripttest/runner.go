package scripttest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/overdue"
	"github.com/sextant-dev/sextant/starlark"
)

// Test runs the tests that the paths name: folders, with everything below them,
// and single files. No path is the current folder. The error reports that a path
// or the filter picks no test, or that ctx ended the tests; that a test failed
// is in the report.
func (c Config) Test(ctx context.Context, paths ...string) (*Report, error) {
	cases, err := discover(c.Root, paths)
	if err != nil {
		return nil, err
	}
	if cases = c.filtered(cases); len(cases) == 0 {
		return nil, fmt.Errorf("no test has a name that matches %s", c.Filter)
	}
	report := &Report{Results: make([]Result, len(cases))}
	var counts coverage
	workers := c.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	// What takes all memory takes it from every test.
	inner, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(workers, len(cases)) {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(cases) && inner.Err() == nil; i = int(next.Add(1)) - 1 {
				r, left := c.run(inner, cases[i], &counts)
				if inner.Err() == nil || left != nil {
					report.Results[i] = r
				}
				if limit := (*diag.LimitError)(nil); errors.As(left, &limit) && limit.Limit == diag.LimitMemory {
					stop(fmt.Errorf("%s took too much memory, and did not stop", cases[i].name))
				}
			}
		})
	}
	running.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("tests ended early: %w", err)
	}
	for i := range report.Results {
		if report.Results[i].Name == "" {
			report.Results[i] = Result{Name: cases[i].name, Failures: broken(fmt.Errorf("it did not run to its end: %w", context.Cause(inner)))}
		}
	}
	reportUnread(cases, report.Results, c.live())
	if c.Cover {
		report.Coverage = counts.files()
	}
	return report, nil
}

func (c *Config) filtered(cases []*testCase) []*testCase {
	if c.Filter == nil {
		return cases
	}
	var out []*testCase
	for _, t := range cases {
		if c.Filter.MatchString(t.name) {
			out = append(out, t)
		}
	}
	return out
}

// run runs one test. It returns in left why it left a script behind that did not
// end, nil if it did.
func (c *Config) run(ctx context.Context, t *testCase, counts *coverage) (r Result, left error) {
	r = Result{Name: t.name, function: t.function != ""}
	if !t.place.archived() {
		r.File = path.Join(t.place.path, t.file)
	}
	begin := time.Now()
	defer func() { r.Elapsed = time.Since(begin) }()
	if t.broken != nil {
		r.Failures = broken(t.broken)
		return r, nil
	}
	o, err := c.within(ctx, t, nil)
	if err == nil && c.Cover {
		_, err = c.within(ctx, t, func(file string, blocks []starlark.CoverBlock) {
			counts.add(t.place.store.shown(file), blocks)
		})
	}
	if err != nil {
		r.Failures = broken(err)
		if behind, ok := errors.AsType[*overdue.Error](err); ok {
			left = behind
		}
		return r, left
	}
	r.Printed = o.printed
	if t.goldens == nil {
		if o.err != nil {
			r.Failures = []Failure{failureOf(o.err)}
		}
		return r, nil
	}
	c.settle(t, o, &r)
	return r, nil
}

// failureOf is the failure of a script that should not have failed.
func failureOf(err error) Failure {
	f := Failure{Message: rendered(err), Summary: err.Error()}
	if assertion := (*AssertionError)(nil); errors.As(err, &assertion) {
		f.Diff = assertion.Diff
	}
	return f
}

// settle compares what a golden test made, and writes it if it is to be accepted.
func (c *Config) settle(t *testCase, o *outcome, r *Result) {
	compared := c.compare(t, o)
	r.Failures = compared.failures
	if len(compared.changed) == 0 {
		return
	}
	if !c.Update {
		r.Accept = c.accept(t.path)
		return
	}
	changed := map[string][]byte{}
	for name, data := range compared.changed {
		changed[t.golden(name)] = data
	}
	if err := t.place.store.write(changed); err != nil {
		r.Failures = append(r.Failures, broken(err)...)
		return
	}
	r.Failures, r.Updated = compared.accepted()
}

// within is execute, which it leaves behind by c.Grace.
func (c *Config) within(ctx context.Context, t *testCase, cover func(file string, blocks []starlark.CoverBlock)) (*outcome, error) {
	if c.Grace == nil {
		return c.execute(ctx, t, nil, cover)
	}
	var o *outcome // is not read if execute is left behind
	err := overdue.Run(ctx, c.Grace, func(onStop func(error)) error {
		made, err := c.execute(ctx, t, onStop, cover)
		o = made
		return err
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// reportUnread fails the first test that a recording answers if it holds what no
// test read. If a test of those that it answers did not run, or failed, nothing
// is known of what it reads.
func reportUnread(cases []*testCase, results []Result, live bool) {
	passed := map[*testCase]bool{}
	for i, t := range cases {
		passed[t] = len(results[i].Failures) == 0
	}
	everyPassed := func(users []*testCase) bool {
		return !slices.ContainsFunc(users, func(t *testCase) bool { return !passed[t] })
	}
	reported := map[any]bool{}
	for i, t := range cases {
		var errs []error
		if r := t.inputs.recording; !live && !reported[r] && everyPassed(r.users) {
			reported[r] = true
			errs = append(errs, r.unread())
		}
		if p := t.inputs.programs; !reported[p] && everyPassed(p.users) {
			reported[p] = true
			errs = append(errs, p.unread())
		}
		if err := cmp.Or(errs...); err != nil {
			results[i].Failures = broken(err)
		}
	}
}

// outcome is what one run of a script came to.
type outcome struct {
	run *dialect.Run
	// printed is what it printed and warned of, in order.
	printed string
	// err is how the script failed, nil if it did not.
	err error
	// made is what the run makes of each golden file of the test that has a
	// kind.
	made map[string]made
}

// made is what a run makes of a golden file, or why it cannot.
type made struct {
	data []byte
	err  error
}

// execute runs the script of a test once. The error is that of a test that
// cannot run; cover, if set, takes the counts of each file.
func (c *Config) execute(ctx context.Context, t *testCase, onStop func(error), cover func(file string, blocks []starlark.CoverBlock)) (*outcome, error) {
	s := t.place.store
	options, err := c.options(t)
	if err != nil {
		return nil, err
	}
	files, release, err := s.open()
	if err != nil {
		return nil, err
	}
	defer release()

	var printed strings.Builder
	if err := t.inputs.programs.load(s); err != nil {
		return nil, err
	}
	options.Exec = t.inputs.programs.executor(&printed)
	if isFunctions(t.file) {
		options.Fakes = Clock()
	}
	options.Warn = func(w builtins.Warning) { fmt.Fprintln(&printed, w) }
	script := s.script(t.file)
	engine := starlark.Engine{
		Files:  files,
		Limits: c.Limits,
		Print:  func(_ diag.Position, message string) { fmt.Fprintln(&printed, message) },
		Clock:  Clock,
		Cover:  cover,
		OnStop: onStop,
	}
	main := script
	if t.function != "" {
		engine.Loader, main = caller(script, t.function)
	}
	run := t.place.dialect.New(&engine, options, tiltfile.Options{Entry: main, Extensions: c.Extensions})
	o := &outcome{run: run, made: map[string]made{}}
	plugins := []starlark.Plugin{run.Plugin()}
	if isFunctions(t.file) {
		plugins = append(plugins, asserts{})
	}
	if c.Plugins != nil {
		plugins = append(plugins, c.Plugins()...)
	}
	if t.function == "" {
		o.err = engine.Run(ctx, script, plugins...)
	} else {
		o.err = withoutCaller(main, engine.Run(ctx, main, plugins...))
	}
	o.printed = printed.String()
	// Manifests are read again as they are written, so here and not later.
	for _, name := range t.goldens {
		if g, ok := kindOf(name); ok {
			o.made[name] = g.make(o)
		}
	}
	return o, nil
}

// options reads the inputs of a test.
func (c *Config) options(t *testCase) (builtins.Options, error) {
	options := builtins.Options{Resolver: c.Resolver, Catalog: c.Catalog}
	in, s := t.inputs, t.place.store
	if !c.live() {
		if err := in.recording.load(s); err != nil {
			return options, err
		}
		options.Resolver, options.Catalog = in.recording, in.recording
		if c.wrap != nil {
			options.Resolver = c.wrap(options.Resolver)
		}
	}
	var err error
	if options.Args, err = lines(s, in.args); err != nil {
		return options, err
	}
	if options.Env, err = lines(s, in.env); err != nil {
		return options, err
	}
	seen := map[string]bool{}
	for i, line := range options.Env {
		name, _, ok := strings.Cut(line, "=")
		switch {
		case line == "":
		case !ok || name == "" || strings.ContainsAny(name, " \t"):
			return options, fmt.Errorf("%s:%d: %q is not of the form KEY=VALUE", in.env, i+1, line)
		case seen[name]:
			return options, fmt.Errorf("%s:%d: a second value of %s", in.env, i+1, name)
		}
		seen[name] = true
	}
	options.Env = slices.DeleteFunc(options.Env, func(line string) bool { return line == "" })
	return options, nil
}

// lines returns the lines of an input, none if there is no such file.
func lines(s store, name string) ([]string, error) {
	data, err := s.read(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(data) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := strings.TrimSuffix(strings.ReplaceAll(string(withoutBOM(data)), "\r\n", "\n"), "\n")
	return strings.Split(text, "\n"), nil
}
