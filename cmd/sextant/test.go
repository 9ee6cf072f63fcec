package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/scripttest"
)

// testFlags are the flags of the test command.
type testFlags struct {
	script  scriptFlags
	format  formatFlag
	run     string
	workers int
	update  bool
	diff    bool
	cover   bool
	profile string
	live    bool
}

func newTestCommand(a *app) *cobra.Command {
	var f testFlags
	cmd := &cobra.Command{
		Use:   "test [flags] [PATH...]",
		Short: "Run the tests of scripts, offline",
		Long: `Test runs the tests below each PATH, by default the current folder:

- every folder with a Clusterfile, or else a Tiltfile, and a golden file:
  want.clusters.yaml, want.outputs.json, want.manifests.yaml, want.print or
  want.error. The script must produce what they hold. clusters.yaml in the folder
  has the clusters, as printed by eval -o yaml; env and args have the environment
  and the arguments, one per line;
- every folder with golden files below tests, beside such a script: a scenario,
  whose inputs replace those of the script;
- every *.txtar file with files of these names;
- every function test_* in a *_test.star file, with the module assert and
  fake_cluster.

The clock does not advance, the environment is empty, and there is no network. A
recorded cluster that no test reads is a failure. Test exits with status 1 if a test
fails.

-o json prints one JSON object per test, one per line.`,
		Example: `  sextant test
  sextant test examples lib/names_test.star
  sextant test --run 'staging|prod' --diff
  sextant test --update examples/web
  sextant test tests/prod
  sextant test --cover-profile cover.out -o junit > report.xml`,
		Args: func(cmd *cobra.Command, _ []string) error { return f.check(cmd) },
		RunE: func(cmd *cobra.Command, paths []string) error { return f.test(a, cmd, paths) },
	}
	f.add(cmd)
	return cmd
}

func (f *testFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.format.add(cmd, scripttest.Formats)
	flags.StringVar(&f.run, "run", "", "only tests whose name matches this regular expression")
	flags.IntVarP(&f.workers, "jobs", "j", 0, "the number of tests to run at the same time; 0 means one per processor")
	flags.BoolVar(&f.update, "update", false, "write the golden files that differ")
	flags.BoolVar(&f.diff, "diff", false, "print what --update would write, as patches, and nothing else")
	flags.BoolVar(&f.cover, "cover", false, "print how many lines of each script the tests reach")
	flags.StringVar(&f.profile, "cover-profile", "", "write the lines reached to this file, for go tool cover -html in the same folder; implies --cover")
	flags.StringVar(&f.script.root, "root", "", "the folder that scripts cannot leave; by default the folder of each test")
	f.script.limits.add(flags)
	f.script.extensions.add(cmd)
	flags.BoolVar(&f.live, "live", false, "connect to the clusters instead of reading clusters.yaml; differences in connectedAt are ignored")
	flags.StringVar(&f.script.kubeconfig, "kubeconfig", "", "with --live, the kubeconfig to read")
	flags.DurationVar(&f.script.timeout, "timeout", cluster.DefaultTimeout, "with --live, the deadline for each cluster")
	takeFile(cmd, "cover-profile", "kubeconfig")
	takeFolder(cmd, "root")
}

func (f *testFlags) check(cmd *cobra.Command) error {
	if f.workers < 0 {
		return usagef("--jobs %d: want a whole number, 0 or more", f.workers)
	}
	for _, name := range []string{"kubeconfig", "timeout"} {
		if cmd.Flags().Changed(name) && !f.live {
			return usagef("--%s needs --live: without it test connects to nothing", name)
		}
	}
	return cmp.Or(apart(cmd, "update", "diff"), apart(cmd, "diff", "output"), checkRoot(f.script.root), f.format.check())
}

// config makes the configuration that the flags ask for, and what releases it.
func (f *testFlags) config(cmd *cobra.Command, stderr io.Writer) (scripttest.Config, func(), error) {
	here, err := os.Getwd()
	if err != nil {
		return scripttest.Config{}, nil, failure{err}
	}
	root := f.script.root
	if root == "" {
		p, err := findProject(cmd.Context(), here)
		if err != nil {
			return scripttest.Config{}, nil, err
		}
		if p != nil {
			root = p.root
		}
	}
	words := acceptWords(cmd.Flags())
	c := scripttest.Config{
		Root:    root,
		Workers: f.workers,
		Update:  f.update,
		Cover:   f.cover || f.profile != "",
		Limits:  f.script.limits.limits(),
		Grace:   grace,
		Accept: func(path string) string {
			return strings.Join(append(slices.Clone(words), builtins.ShellQuote(path)), " ")
		},
	}
	if f.run != "" {
		filter, err := regexp.Compile(f.run)
		if err != nil {
			return c, nil, usagef("--run: %w", err)
		}
		c.Filter = filter
	}
	extensions, release, err := f.script.extensions.open()
	if err != nil {
		return c, nil, err
	}
	c.Extensions = extensions
	if !f.live {
		return c, release, nil
	}
	live, err := f.script.connect(cmd.Context(), stderr)
	if err != nil {
		release()
		return c, nil, err
	}
	c.Resolver, c.Catalog = live.resolver, live.catalog
	return c, func() { live.close(); release() }, nil
}

// reporting are the flags that change only what is run or reported.
var reporting = []string{"run", "jobs", "update", "diff", "cover", "cover-profile", "output"}

// acceptWords are the words of the command that accepts, before its path, what a
// test made under these flags. A set of flags serves one goroutine.
func acceptWords(flags *pflag.FlagSet) []string {
	words := []string{"sextant", "test", "--update"}
	flags.Visit(func(f *pflag.Flag) {
		if slices.Contains(reporting, f.Name) {
			return
		}
		word := "--" + f.Name
		if v := f.Value.String(); v != f.NoOptDefVal {
			word += "=" + builtins.ShellQuote(v)
		}
		words = append(words, word)
	})
	return words
}

// test runs the tests and reports them.
func (f *testFlags) test(a *app, cmd *cobra.Command, paths []string) error {
	config, release, err := f.config(cmd, a.console)
	if err != nil {
		return err
	}
	defer release()
	var report *scripttest.Report
	err = a.work(cmd.Context(), func(func(error)) (err error) {
		report, err = config.Test(cmd.Context(), paths...)
		return err
	})
	if err != nil {
		return usageError{err}
	}
	if f.diff {
		err = report.WriteDiff(a.raw) // line ends count in a patch
	} else {
		err = report.Write(a.stdout, f.format.value)
	}
	if err == nil && config.Cover {
		err = f.writeCoverage(a, report)
	}
	if err != nil {
		return failure{err}
	}
	if n := report.Failed(); n > 0 {
		return failure{fmt.Errorf("%d of %d tests failed", n, len(report.Results))}
	}
	return nil
}

// writeCoverage prints the coverage, below a report for people and apart from
// any other, and writes the profile.
func (f *testFlags) writeCoverage(a *app, report *scripttest.Report) error {
	if f.format.value == "text" && !f.diff {
		if err := report.WriteCoverage(a.stdout); err != nil {
			return err
		}
	} else if err := report.WriteCoverage(a.console); err != nil {
		return err
	}
	if f.profile == "" {
		return nil
	}
	var profile bytes.Buffer
	if err := report.WriteProfile(&profile); err != nil {
		return err
	}
	return atomicfile.Write(f.profile, profile.Bytes(), 0o666)
}
