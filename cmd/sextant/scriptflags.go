package main

import (
	"cmp"
	"io/fs"
	"math"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/starlark"
)

// scriptFlags are the flags of every command that runs a script.
type scriptFlags struct {
	// file is the script, if no argument names it.
	file       string
	clusters   string
	kubeconfig string
	// from is the hub of --clusters-from.
	from    string
	timeout time.Duration
	// timeoutFlag is --timeout, nil for a command without it.
	timeoutFlag *pflag.Flag
	root        string
	dialect     dialectFlag
	extensions  extensionsFlag
	limits      limitFlags
	programs    programFlags
	trust       trustFlags
	verbose     bool
}

func (f *scriptFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "file", "f", "", "the script, or - for standard input; by default FILE, else ./Clusterfile or ./Tiltfile, else that of sextant.yaml")
	flags.StringVar(&f.clusters, "clusters", "", "replay the statuses in this ClusterList, as printed by eval -o yaml or json, and connect to nothing")
	flags.StringVar(&f.from, "clusters-from", "", "read statuses from a hub that sextant-controller keeps up to date, kubernetes[:CONTEXT][/NAMESPACE], and connect to no cluster")
	cmd.MarkFlagsMutuallyExclusive("clusters", "clusters-from")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "the kubeconfig to read; by default KUBECONFIG, then ~/.kube/config, then the pod's service account")
	flags.DurationVar(&f.timeout, "timeout", cluster.DefaultTimeout, "the deadline for each cluster")
	flags.StringVar(&f.root, "root", "", "the folder that scripts cannot leave; by default that of sextant.yaml, else the folder of FILE")
	f.dialect.add(cmd)
	f.extensions.add(cmd)
	f.timeoutFlag = flags.Lookup("timeout")
	f.limits.add(flags)
	f.programs.add(cmd)
	f.trust.add(cmd)
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "log each resolution to standard error")
	takeFile(cmd, "file", "clusters", "kubeconfig")
	takeFolder(cmd, "root")
}

// extensionsFlag is the folder of a checkout of an extensions repository.
type extensionsFlag string

func (f *extensionsFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar((*string)(f), "ext", "", "a local checkout of an extensions repository, for load(\"ext://NAME\", ...) in a Tiltfile; stand-ins replace what it lacks")
	takeFolder(cmd, "ext")
}

// open opens the checkout, nil for none.
func (f extensionsFlag) open() (checkout fs.FS, release func(), err error) {
	if f == "" {
		return nil, func() {}, nil
	}
	dir, err := starlark.OpenDir(string(f))
	if err != nil {
		return nil, nil, usagef("--ext %s: %w", string(f), err)
	}
	return dir, func() { dir.Close() }, nil
}

// dir is the absolute, slash-separated path of the checkout, empty for none.
func (f extensionsFlag) dir() string {
	if f == "" {
		return ""
	}
	dir, err := filepath.Abs(string(f))
	if err != nil {
		return "" // there is no working folder: nothing of it is found either
	}
	return filepath.ToSlash(dir)
}

// dialectFlag is which names a script sees; empty is by the name of its file.
type dialectFlag dialect.Dialect

func (d *dialectFlag) add(cmd *cobra.Command) {
	cmd.Flags().Var(d, "dialect", "the dialect of the script, sextant or tiltfile; by default tiltfile for files named Tiltfile, Tiltfile.* or *.tiltfile")
	completeFlag(cmd, "dialect", cobra.FixedCompletions([]string{string(dialect.Sextant), string(dialect.Tiltfile)}, cobra.ShellCompDirectiveNoFileComp))
}

func (d *dialectFlag) String() string { return string(*d) }
func (d *dialectFlag) Type() string   { return "dialect" }

func (d *dialectFlag) Set(name string) error {
	parsed, err := dialect.Parse(name)
	if err != nil {
		return usageError{err}
	}
	*d = dialectFlag(parsed)
	return nil
}

// of is the dialect of a script: that of the flag, else of the project, else of its
// name.
func (d dialectFlag) of(s *scriptFile) dialect.Dialect {
	if s.project != nil && s.project.dialect != "" {
		return cmp.Or(dialect.Dialect(d), s.project.dialect)
	}
	return cmp.Or(dialect.Dialect(d), dialect.Of(s.name))
}

// complete takes from the project what the command line leaves open.
func (f *scriptFlags) complete(p *project) {
	if p != nil && p.timeout > 0 && f.timeoutFlag != nil && !f.timeoutFlag.Changed {
		f.timeout = p.timeout
	}
}

// addConnecting is add for a command that starts a program for a cluster: its help
// does not list the flags that mustConnect refuses.
func (f *scriptFlags) addConnecting(cmd *cobra.Command) {
	f.add(cmd)
	for _, name := range []string{"clusters", "clusters-from", "untrusted", "env"} {
		must(cmd.Flags().MarkHidden(name))
	}
}

// mustConnect refuses a replay, a hub, and a stranger's script for a command that
// starts a program for a cluster.
func (f *scriptFlags) mustConnect(cmd *cobra.Command) error {
	if f.trust.untrusted {
		return usagef("%s starts a program for a cluster that the script chose, and --untrusted starts none: use eval or render", cmd.Name())
	}
	if f.clusters != "" {
		return usagef("%s reaches a cluster, and %s replays one: leave it out", cmd.Name(), spelled(cmd, "clusters"))
	}
	if f.from != "" {
		return usagef("%s reaches a cluster, and a hub has no credentials for one: leave %s out, with a kubeconfig that has a context for it", cmd.Name(), spelled(cmd, "clusters-from"))
	}
	return nil
}

// defaultMemory is half of what a Go stack may have at most, so a script that
// nests values without end meets this limit first.
const defaultMemory byteSize = 512 << 20

// limitFlags bound one script.
type limitFlags struct {
	steps  uint64
	time   timeLimit
	memory byteSize
}

// defaultTime is far beyond what a script takes that waits for clusters.
const defaultTime = timeLimit(10 * time.Minute)

func (f *limitFlags) add(flags *pflag.FlagSet) {
	f.memory, f.time = defaultMemory, defaultTime
	flags.Uint64Var(&f.steps, "max-steps", starlark.DefaultSteps, "the number of steps that a script may take; 0 is no limit")
	flags.Var(&f.time, "max-time", "how long a script may run, including waits; 0 is no limit")
	flags.Var(&f.memory, "max-memory", "how much memory a script may add to the process; 0 is no limit")
}

func (f *limitFlags) limits() starlark.Limits {
	steps := f.steps
	if steps == 0 {
		steps = math.MaxUint64 // to the engine, 0 is its default
	}
	return starlark.Limits{Steps: steps, Time: time.Duration(f.time), Memory: int64(f.memory)}
}
