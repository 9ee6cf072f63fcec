package scripttest

import (
	"regexp"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark"
)

// Clock is the time in every test: the second of January 2026, 03:04:05 UTC.
func Clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// Config says how tests run. The zero value runs them as `sextant test` does.
// One Config may run any number of times, also at the same time.
type Config struct {
	// Root is the folder that scripts cannot leave. "" is the folder of each
	// test. Archives are roots of their own.
	Root string

	// Filter picks the tests whose name it matches; nil is all.
	Filter *regexp.Regexp

	// Workers is how many tests run at the same time; 0 is GOMAXPROCS.
	Workers int

	// Update writes the golden files that differ.
	Update bool

	// Cover counts the lines of the scripts that ran, in a second run of each
	// test: the verdict is that of the first.
	Cover bool

	// Limits bound each run of a script.
	Limits starlark.Limits

	// Plugins makes the plugins that a run has beside Sextant's builtins. It
	// is called for every run, from several goroutines. Nil adds none.
	Plugins func() []starlark.Plugin

	// Resolver and Catalog, if set, take the place of every clusters.yaml.
	// They are shared by all tests, so wrap the resolver in [cluster.Share] to
	// ask each cluster once.
	Resolver cluster.Resolver
	Catalog  cluster.Catalog

	// Accept gives the command that accepts what the test at path made, for
	// messages. Nil is `sextant test --update PATH`.
	Accept func(path string) string

	// wrap stands between a replay and the scripts, to delay it.
	wrap func(cluster.Resolver) cluster.Resolver
}

func (c *Config) live() bool { return c.Resolver != nil }

func (c *Config) accept(path string) string {
	if c.Accept != nil {
		return c.Accept(path)
	}
	return "sextant test --update " + builtins.ShellQuote(path)
}
