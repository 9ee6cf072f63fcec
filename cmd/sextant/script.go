package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/console"
	"github.com/sextant-dev/sextant/internal/localexec"
	"github.com/sextant-dev/sextant/starlark"
)

// failure is a run that failed outside of any line of a script.
type failure struct{ error }

func (e failure) Unwrap() error { return e.error }

// scriptFlags are the flags of every command that runs a script.
type scriptFlags struct {
	clusters   string
	kubeconfig string
	timeout    time.Duration
	root       string
	limits     limitFlags
	allowExec  bool
	verbose    bool
}

func (f *scriptFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var((*recordingFlag)(&f.clusters), "clusters", "replay the statuses of this ClusterList, as printed by eval -o yaml or json; nothing is connected to")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "the kubeconfig to read; without it KUBECONFIG, then ~/.kube/config, then the pod's service account")
	flags.DurationVar(&f.timeout, "timeout", cluster.DefaultTimeout, "the deadline of each cluster")
	flags.StringVar(&f.root, "root", "", "the folder that scripts cannot leave; without it the folder of FILE")
	f.limits.add(flags)
	flags.BoolVar(&f.allowExec, "allow-exec", false, "let the script run programs with local(), kustomize() and helm()")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "log each resolution to standard error")
	for _, name := range []string{"clusters", "kubeconfig"} {
		if err := cmd.MarkFlagFilename(name); err != nil {
			panic(err) // the flag is defined above
		}
	}
	if err := cmd.MarkFlagDirname("root"); err != nil {
		panic(err)
	}
}

// recordingFlag is the name of a recording. An empty one, of a shell variable that
// is not set, must not become a live run.
type recordingFlag string

func (f *recordingFlag) String() string { return string(*f) }
func (f *recordingFlag) Type() string   { return "string" }

func (f *recordingFlag) Set(name string) error {
	if name == "" {
		return errors.New("name a file, or leave the flag out to connect to the clusters")
	}
	*f = recordingFlag(name)
	return nil
}

// scriptArgs splits the arguments at --: what the command takes, and what the
// script does.
func scriptArgs(cmd *cobra.Command, args []string) (own, script []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}

// scriptRun is one run of a script, as a subcommand asks for it.
type scriptRun struct {
	flags *scriptFlags
	// file is the script, "" for ./Clusterfile; args are what follows --.
	file string
	args []string
	// orCurrent runs k8s_cluster() where there is no ./Clusterfile.
	orCurrent bool
	// options, if set, completes the options of the builtins.
	options func(*builtins.Options)
}

// execute runs the script and, where it ended well, calls result while the
// script's files are still open. Prints and warnings go to the console as they
// come. It fails with errNotConnected where everything else went well, and with
// an overdue.Error where the script did not end when it had to.
func (a *app) execute(ctx context.Context, r scriptRun, result func(*builtins.Run) error) error {
	script, err := r.open()
	if err != nil {
		return err
	}
	defer script.close()
	live, err := r.flags.connect()
	if err != nil {
		return err
	}
	defer live.close()
	if r.flags.verbose {
		handler := slog.NewTextHandler(a.console, &slog.HandlerOptions{Level: slog.LevelDebug})
		live.resolver = cluster.Log(live.resolver, slog.New(handler))
	}
	engine := starlark.Engine{
		Files:  script.files,
		Limits: r.flags.limits.limits(),
		Print:  func(_ starlark.Position, message string) { a.console.Printf("%s", message) },
	}
	options := builtins.Options{
		Resolver: live.resolver,
		Catalog:  live.catalog,
		Env:      os.Environ(),
		Args:     r.args,
		Dir:      filepath.ToSlash(script.root),
		Warn:     func(w builtins.Warning) { a.console.Printf("%s", w) },
	}
	release := func() error { return nil }
	if r.flags.allowExec {
		runner := &localexec.Runner{Root: script.root, Env: os.Environ(), Pin: live.pin, Stderr: a.console}
		options.Exec, release = runner, runner.Close
	}
	defer func() { a.warn(release()) }()
	if r.options != nil {
		r.options(&options)
	}
	run := builtins.New(options)
	stop := a.console.Progress(func(elapsed time.Duration) string {
		return console.Pending("resolving", run.Pending(), elapsed)
	})
	err = a.work(ctx, func(told func(error)) error {
		engine.OnStop = told
		return engine.Run(ctx, script.name, run)
	})
	stop()
	a.warn(release()) // before anything is printed that nobody may read
	if err != nil && !errors.As(err, new(*starlark.ScriptError)) && !errors.As(err, new(starlark.ScriptErrors)) {
		return failure{err}
	}
	if err != nil {
		return err
	}
	err = a.work(ctx, func(func(error)) error { return result(run) })
	if err != nil && !errors.As(err, new(*builtins.NotReadyError)) {
		return failure{err}
	}
	return a.connected(run.Clusters())
}

// warn reports what went wrong besides the script, nothing for nil.
func (a *app) warn(err error) {
	if err != nil {
		a.console.Printf("warning: %v", err)
	}
}

// connected reports each cluster that is not connected and fails if there is
// one.
func (a *app) connected(list *cluster.ClusterList) error {
	var err error
	for i := range list.Items {
		if c := &list.Items[i]; !c.Status.Connected() {
			a.console.Printf("error: cluster %q: %s", c.Name, c.Status.Error)
			err = errNotConnected
		}
	}
	return err
}
