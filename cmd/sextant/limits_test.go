package main

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/starlark"
)

// TestLimits holds which limits the flags ask the engine for: 0 is none.
func TestLimits(t *testing.T) {
	usual := starlark.Limits{Steps: starlark.DefaultSteps, Memory: 512 << 20}
	with := func(change func(*starlark.Limits)) starlark.Limits {
		l := usual
		change(&l)
		return l
	}
	for _, tt := range []struct {
		args []string
		want starlark.Limits
	}{
		{nil, usual},
		{[]string{"--max-steps", "1000"}, with(func(l *starlark.Limits) { l.Steps = 1000 })},
		{[]string{"--max-steps", "0"}, with(func(l *starlark.Limits) { l.Steps = math.MaxUint64 })},
		{[]string{"--max-time", "2m"}, with(func(l *starlark.Limits) { l.Time = 2 * time.Minute })},
		{[]string{"--max-time", "0"}, usual},
		{[]string{"--max-memory", "1GiB"}, with(func(l *starlark.Limits) { l.Memory = 1 << 30 })},
		{[]string{"--max-memory", "0"}, with(func(l *starlark.Limits) { l.Memory = 0 })},
	} {
		var f limitFlags
		flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
		f.add(flags)
		if err := flags.Parse(tt.args); err != nil {
			t.Errorf("%q: %v", tt.args, err)
			continue
		}
		if d := cmp.Diff(tt.want, f.limits()); d != "" {
			t.Errorf("%q: -want +got\n%s", tt.args, d)
		}
	}
}
