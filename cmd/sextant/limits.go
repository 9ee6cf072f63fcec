package main

import (
	"errors"
	"math"
	"time"

	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/starlark"
)

// defaultMemory is half of what a Go stack may have at most, so a script that
// nests values without end meets this limit first.
const defaultMemory byteSize = 512 << 20

// limitFlags bound one script.
type limitFlags struct {
	steps  uint64
	time   timeLimit
	memory byteSize
}

func (f *limitFlags) add(flags *pflag.FlagSet) {
	f.memory = defaultMemory
	flags.Uint64Var(&f.steps, "max-steps", starlark.DefaultSteps, "how many steps a script may take; 0 is no limit")
	flags.Var(&f.time, "max-time", "how long a script may run, waits included; 0 is no limit")
	flags.Var(&f.memory, "max-memory", "by how much a script may make the process grow; 0 is no limit")
}

func (f *limitFlags) limits() starlark.Limits {
	steps := f.steps
	if steps == 0 {
		steps = math.MaxUint64 // to the engine, 0 is its default
	}
	return starlark.Limits{Steps: steps, Time: time.Duration(f.time), Memory: int64(f.memory)}
}

// timeLimit is a flag for a duration; 0 is no limit.
type timeLimit time.Duration

func (l *timeLimit) String() string {
	if *l == 0 {
		return "0" // help shows no default then
	}
	return time.Duration(*l).String()
}

func (l *timeLimit) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return usagef("want a duration such as 30s or 2m, or 0 for no limit")
	}
	*l = timeLimit(d)
	return nil
}

func (l *timeLimit) Type() string { return "duration" }

// grace is how long to wait for a script that has to end. One that takes too
// much memory takes more while it is waited for.
func grace(why error) time.Duration {
	var limit *starlark.LimitError
	if errors.As(why, &limit) && limit.Limit == starlark.LimitMemory {
		return 100 * time.Millisecond
	}
	return 2 * time.Second
}
