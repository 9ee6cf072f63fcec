package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cmd/sextant/internal/console"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/starlark"
)

// scriptRun is one run of a script, as a subcommand asks for it.
type scriptRun struct {
	flags *scriptFlags
	// file is the script, "" for ./Clusterfile; args are what follows --.
	file string
	args []string
	// orCurrent runs k8s_cluster() if there is no ./Clusterfile.
	orCurrent bool
	// diagnose calls the result for what a script declared before it failed, too.
	diagnose bool
	// options, if set, completes the options of the builtins.
	options func(*builtins.Options)
	// connected, if set, gets the connections while they are open.
	connected func(*connections)
	// watched, if set, answers in place of what the flags name, and whether the
	// clusters are connected is the caller's business.
	watched *connections
	// files, if set, sees each file that the script reads.
	files func(fs.FS) fs.FS
	// session, if set, uses the engine in place of its Run, and is all that is
	// done. Without a file its root is the current folder and file is "".
	session func(ctx context.Context, engine *starlark.Engine, file string, run *dialect.Run) error
}

// execute runs the script and, if it ended well, calls result while the
// script's files are still open. Prints and warnings go to the console as they
// come. It fails with errNotConnected if everything else went well, and with
// an overdue.Error if the script did not end when it had to.
func (a *app) execute(ctx context.Context, r scriptRun, result func(*dialect.Run) error) error {
	if r.file != "" && r.flags.file != "" {
		return usagef("two scripts, %s and --file %s: name one", r.file, r.flags.file)
	}
	if err := r.flags.trust.check(r.flags); err != nil {
		return err
	}
	if done, err := a.confine(r.flags); done {
		return err
	}
	r.file = cmp.Or(r.file, r.flags.file)
	s, err := a.prepare(ctx, &r)
	if err != nil {
		return err
	}
	defer s.close()
	err = s.execute(ctx)
	if err != nil && !errors.As(err, new(*starlark.ScriptError)) && !errors.As(err, new(starlark.ScriptErrors)) {
		return failure{err}
	}
	if err != nil && s.spoken == dialect.Sextant && dialect.LooksLikeTiltfile(err) {
		a.console.Printf("sextant: %s looks like a Tiltfile: run it with --dialect tiltfile", s.script.name)
	}
	if err != nil && r.diagnose && s.run.Clusters() != nil {
		a.warn(a.work(ctx, func(func(error)) error { return result(s.run) }))
	}
	if err != nil || r.session != nil {
		return err
	}
	err = a.work(ctx, func(func(error)) error { return result(s.run) })
	if err != nil && !errors.As(err, new(*builtins.NotReadyError)) {
		return failure{err}
	}
	if r.watched != nil {
		return err
	}
	return a.connected(s.run.Clusters())
}

// execution is a script that is ready to run, and all that it can reach.
type execution struct {
	app      *app
	session  func(ctx context.Context, engine *starlark.Engine, file string, run *dialect.Run) error
	script   *scriptFile
	spoken   dialect.Dialect
	programs *programs
	engine   starlark.Engine
	run      *dialect.Run
	// releases are called in reverse order when it is over.
	releases []func()
}

// prepare opens the script and what it reaches. Nothing is connected to yet. The caller
// closes the execution.
func (a *app) prepare(ctx context.Context, r *scriptRun) (*execution, error) {
	s := &execution{app: a, session: r.session}
	if err := s.open(ctx, r); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// open fills the execution; what it opened until it fails is in releases.
func (s *execution) open(ctx context.Context, r *scriptRun) error {
	console := s.app.console
	script, err := r.open(ctx)
	if err != nil {
		return err
	}
	s.script = script
	s.releases = append(s.releases, func() { script.close() })
	r.flags.complete(script.project)
	live := r.watched
	if live == nil {
		if live, err = r.flags.connect(ctx, console); err != nil {
			return err
		}
		s.releases = append(s.releases, live.close)
	}
	if r.files != nil {
		script.files = r.files(script.files)
	}
	if r.connected != nil {
		r.connected(live)
	}
	if r.flags.verbose {
		handler := slog.NewTextHandler(console, &slog.HandlerOptions{Level: slog.LevelDebug})
		live.resolver = cluster.Log(live.resolver, slog.New(handler))
	}
	extensions, closeExtensions, err := r.flags.extensions.open()
	if err != nil {
		return err
	}
	s.releases = append(s.releases, closeExtensions)
	s.programs, err = r.flags.programs.programs(ctx, r.flags.timeout, surroundings{
		root: script.root, extensions: r.flags.extensions.dir(), env: os.Environ(), pin: live.pin, stderr: console,
	})
	if err != nil {
		return err
	}
	s.releases = append(s.releases, func() { s.app.warn(s.programs.close()) })
	s.spoken = r.flags.dialect.of(script)
	s.engine = starlark.Engine{
		Files:  script.files,
		Table:  tableOf(s.spoken, script.name),
		Limits: r.flags.limits.limits(),
		Print:  func(_ diag.Position, message string) { console.Print(message) },
	}
	s.run = s.spoken.New(&s.engine, s.builtins(r, live), tiltfile.Options{Entry: script.name, Extensions: extensions, ExtensionsDir: r.flags.extensions.dir()})
	return nil
}

// builtins are the options of what the script can call.
func (s *execution) builtins(r *scriptRun, live *connections) builtins.Options {
	options := builtins.Options{
		Resolver: live.resolver,
		Catalog:  live.catalog,
		Env:      r.flags.trust.environ(),
		Args:     r.args,
		Dir:      filepath.ToSlash(s.script.root),
		Exec:     s.programs.executor,
		Warn:     func(w builtins.Warning) { s.app.console.Printf("%s", w) },

		KeepClusters: r.diagnose,
	}
	if r.options != nil {
		r.options(&options)
	}
	return options
}

// execute runs the script, or the session, with progress on the console.
func (s *execution) execute(ctx context.Context) error {
	stop := s.app.console.Progress(func(elapsed time.Duration) string {
		return console.Pending("resolving", s.run.Pending(), elapsed)
	})
	err := s.app.work(ctx, func(onStop func(error)) error {
		s.engine.OnStop = onStop
		if s.session != nil {
			return s.session(ctx, &s.engine, s.script.name, s.run)
		}
		return s.engine.Run(ctx, s.script.name, s.run.Plugin())
	})
	stop()
	s.app.warn(s.programs.close()) // before anything is printed that nobody may read
	saved := s.programs.save()
	if err == nil {
		return saved
	}
	s.app.warn(saved)
	return err
}

func (s *execution) close() {
	for _, release := range slices.Backward(s.releases) {
		release()
	}
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

// grace is how long to wait for a script that has to end. One that takes too
// much memory takes more meanwhile.
func grace(why error) time.Duration {
	var limit *diag.LimitError
	if errors.As(why, &limit) && limit.Limit == diag.LimitMemory {
		return 100 * time.Millisecond
	}
	return 2 * time.Second
}
