package scripttest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/sextant-dev/sextant/starlark"
)

// Test runs the tests that the paths name: folders, with everything below them,
// and single files. No path is the current folder. The error says that a path
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
	var next atomic.Int64
	var running sync.WaitGroup
	for range min(workers, len(cases)) {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(cases) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				report.Results[i] = c.run(ctx, cases[i], &counts)
			}
		})
	}
	running.Wait()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("tests ended early: %w", err)
	}
	if !c.live() {
		reportUnread(cases, report.Results)
	}
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

// run runs one test.
func (c *Config) run(ctx context.Context, t *testCase, counts *coverage) Result {
	r := Result{Name: t.name}
	if t.broken != nil {
		r.Failures = broken(t.broken)
		return r
	}
	o, err := c.execute(ctx, t, nil)
	if err == nil && c.Cover {
		_, err = c.execute(ctx, t, func(file string, blocks []starlark.CoverBlock) {
			counts.add(t.place.store.shown(file), blocks)
		})
	}
	if err != nil {
		r.Failures = broken(err)
		return r
	}
	if t.goldens == nil {
		if o.err != nil {
			r.Failures = []Failure{{Message: o.said + rendered(o.err)}}
		}
		return r
	}
	compared := c.compare(t, o)
	r.Failures = compared.failures
	if len(compared.changed) == 0 {
		return r
	}
	if !c.Update {
		r.Accept = c.accept(t.path)
		return r
	}
	if err := t.place.store.write(compared.changed); err != nil {
		r.Failures = append(r.Failures, broken(err)...)
		return r
	}
	r.Failures, r.Updated = compared.accepted()
	return r
}

// reportUnread fails the first test of each place whose recording holds what
// no test read. Where a test of the place did not run, or failed, that would
// say nothing.
func reportUnread(cases []*testCase, results []Result) {
	passed := map[*place]int{}
	for i, t := range cases {
		if len(results[i].Failures) == 0 {
			passed[t.place]++
		}
	}
	told := map[*place]bool{}
	for i, t := range cases {
		if told[t.place] || passed[t.place] < len(t.place.cases) {
			continue
		}
		told[t.place] = true
		if err := t.place.unread(); err != nil {
			results[i].Failures = broken(err)
		}
	}
}
