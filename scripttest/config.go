package scripttest

import (
	"io/fs"
	"regexp"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark"
)

// Config is how tests run. The zero value runs them as `sextant test` does.
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

	// Grace, if set, is how long to wait for a script that has to end, by why it
	// has to. One that is in a step that takes longer is left behind, its test
	// fails, and the others go on; if it took too much memory, no other begins.
	// Whoever sets this ends the process soon after the tests. Nil waits.
	Grace func(why error) time.Duration

	// Plugins makes the plugins that a run has beside Sextant's builtins. It
	// is called for every run, from several goroutines. Nil adds none.
	Plugins func() []starlark.Plugin

	// Extensions is a checkout of an extensions repository, for ext:// in Tiltfiles;
	// nil for none. What it lacks comes from stand-ins.
	Extensions fs.FS

	// Resolver and Catalog, if set, take the place of every clusters.yaml.
	// They are shared by all tests, so wrap the resolver in [cluster.Share] to
	// ask each cluster once.
	Resolver cluster.Resolver
	Catalog  cluster.Catalog

	// Accept returns the command that accepts what the test at path made, for
	// messages. Nil is `sextant test --update PATH`.
	Accept func(path string) string

	// wrap is between a replay and the scripts, to delay it.
	wrap func(cluster.Resolver) cluster.Resolver
}

func (c *Config) live() bool { return c.Resolver != nil }

func (c *Config) accept(path string) string {
	if c.Accept != nil {
		return c.Accept(path)
	}
	return "sextant test --update " + builtins.ShellQuote(path)
}

// Clock is the time in every test: the second of January 2026, 03:04:05 UTC.
func Clock() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
