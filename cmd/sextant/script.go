package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/cmd/sextant/internal/console"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/starlark"
)

// failure is a run that failed outside of any line of a script.
type failure struct{ error }

func (e failure) Unwrap() error { return e.error }

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
	flags.StringVarP(&f.file, "file", "f", "", "the script, - for standard input; without it FILE, else ./Clusterfile or ./Tiltfile")
	flags.Var((*recordingFlag)(&f.clusters), "clusters", "replay the statuses of this ClusterList, as printed by eval -o yaml or json; nothing is connected to")
	flags.StringVar(&f.from, "clusters-from", "", "read the statuses from a hub, kubernetes[:CONTEXT][/NAMESPACE], which sextant-controller keeps up to date; no cluster is connected to")
	cmd.MarkFlagsMutuallyExclusive("clusters", "clusters-from")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "the kubeconfig to read; without it KUBECONFIG, then ~/.kube/config, then the pod's service account")
	flags.DurationVar(&f.timeout, "timeout", cluster.DefaultTimeout, "the deadline of each cluster")
	flags.StringVar(&f.root, "root", "", "the folder that scripts cannot leave; without it the folder of FILE")
	f.dialect.add(cmd)
	f.extensions.add(cmd)
	f.timeoutFlag = flags.Lookup("timeout")
	f.limits.add(flags)
	f.programs.add(cmd)
	f.trust.add(cmd)
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "log each resolution to standard error")
	for _, name := range []string{"file", "clusters", "kubeconfig"} {
		if err := cmd.MarkFlagFilename(name); err != nil {
			panic(err) // the flag is defined above
		}
	}
	if err := cmd.MarkFlagDirname("root"); err != nil {
		panic(err)
	}
}

// extensionsFlag is the folder of a checkout of an extensions repository.
type extensionsFlag string

func (f *extensionsFlag) add(cmd *cobra.Command) {
	cmd.Flags().StringVar((*string)(f), "ext", "", "the folder of a checkout of an extensions repository, for load(\"ext://NAME\", ...) in a Tiltfile; what it lacks comes from stand-ins")
	if err := cmd.MarkFlagDirname("ext"); err != nil {
		panic(err) // the flag is defined above
	}
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
	cmd.Flags().Var(d, "dialect", "the names that the script sees, sextant or tiltfile; without it tiltfile for Tiltfile, Tiltfile.* and *.tiltfile")
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

// recordingFlag is the name of a recording. An empty one, of a shell variable that
// is not set, must not become a run without it.
type recordingFlag string

func (f *recordingFlag) String() string { return string(*f) }
func (f *recordingFlag) Type() string   { return "string" }

func (f *recordingFlag) Set(name string) error {
	if name == "" {
		return errors.New("name a file, or leave the flag out")
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
// come. It fails with errNotConnected where everything else went well, and with
// an overdue.Error where the script did not end when it had to.
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
	script, err := r.open(ctx)
	if err != nil {
		return err
	}
	defer script.close()
	r.flags.complete(script.project)
	live := r.watched
	if live == nil {
		if live, err = r.flags.connect(ctx, a.console); err != nil {
			return err
		}
		defer live.close()
	}
	if r.files != nil {
		script.files = r.files(script.files)
	}
	if r.connected != nil {
		r.connected(live)
	}
	if r.flags.verbose {
		handler := slog.NewTextHandler(a.console, &slog.HandlerOptions{Level: slog.LevelDebug})
		live.resolver = cluster.Log(live.resolver, slog.New(handler))
	}
	spoken := r.flags.dialect.of(script)
	engine := starlark.Engine{
		Files:  script.files,
		Table:  tableOf(spoken, script.name),
		Limits: r.flags.limits.limits(),
		Print:  func(_ diag.Position, message string) { a.console.Print(message) },
	}
	options := builtins.Options{
		Resolver: live.resolver,
		Catalog:  live.catalog,
		Env:      r.flags.trust.environ(),
		Args:     r.args,
		Dir:      filepath.ToSlash(script.root),
		Warn:     func(w builtins.Warning) { a.console.Printf("%s", w) },

		KeepClusters: r.diagnose,
	}
	programs, err := r.flags.programs.programs(ctx, r.flags.timeout, a, script.root, r.flags.extensions.dir(), os.Environ(), live.pinContext())
	if err != nil {
		return err
	}
	options.Exec = programs.executor
	defer func() { a.warn(programs.close()) }()
	if r.options != nil {
		r.options(&options)
	}
	extensions, closeExtensions, err := r.flags.extensions.open()
	if err != nil {
		return err
	}
	defer closeExtensions()
	run := spoken.New(&engine, options, tiltfile.Options{Entry: script.name, Extensions: extensions, ExtensionsDir: r.flags.extensions.dir()})
	stop := a.console.Progress(func(elapsed time.Duration) string {
		return console.Pending("resolving", run.Pending(), elapsed)
	})
	err = a.work(ctx, func(told func(error)) error {
		engine.OnStop = told
		if r.session != nil {
			return r.session(ctx, &engine, script.name, run)
		}
		return engine.Run(ctx, script.name, run.Plugin())
	})
	stop()
	a.warn(programs.close()) // before anything is printed that nobody may read
	if saved := programs.save(); err == nil {
		err = saved
	} else {
		a.warn(saved)
	}
	if err != nil && !errors.As(err, new(*starlark.ScriptError)) && !errors.As(err, new(starlark.ScriptErrors)) {
		return failure{err}
	}
	if err != nil && spoken == dialect.Sextant && dialect.LooksLikeTiltfile(err) {
		a.console.Printf("sextant: %s looks like a Tiltfile: run it with --dialect tiltfile", script.name)
	}
	if err != nil && r.diagnose && run.Clusters() != nil {
		a.warn(a.work(ctx, func(func(error)) error { return result(run) }))
	}
	if err != nil || r.session != nil {
		return err
	}
	err = a.work(ctx, func(func(error)) error { return result(run) })
	if err != nil && !errors.As(err, new(*builtins.NotReadyError)) {
		return failure{err}
	}
	if r.watched != nil {
		return err
	}
	return a.connected(run.Clusters())
}

// confine runs an untrusted script in a process that the operating system limits,
// and reports whether that was done. The process itself goes on.
func (a *app) confine(flags *scriptFlags) (done bool, err error) {
	if !flags.trust.untrusted || a.confined {
		return false, nil
	}
	// The limit of Sextant's own comes first, and reports where in the script it was.
	limit := 2*int64(flags.limits.memory) + 512<<20
	if flags.limits.memory == 0 {
		return true, usagef("--untrusted needs a limit: give --max-memory more than 0")
	}
	stderr, _ := a.stderr.(*os.File) // in the command it is one
	code, err := confine(a.args, limit, a.raw, stderr, a.console)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		a.console.Printf("warning: this operating system has no limit of memory for a process: the limit is Sextant's own, which a hostile script can pass")
		return false, nil
	case err != nil:
		return true, failure{err}
	}
	if code == exitDone {
		return true, nil
	}
	return true, programExit(code)
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
	var limit *diag.LimitError
	if errors.As(why, &limit) && limit.Limit == diag.LimitMemory {
		return 100 * time.Millisecond
	}
	return 2 * time.Second
}

// byteSize is a flag for a number of bytes, such as 512MiB; 0 is no limit.
type byteSize int64

// byteUnits are from the largest.
var byteUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func (b *byteSize) String() string {
	for _, u := range byteUnits {
		if n := int64(*b); n > 0 && n%u.bytes == 0 {
			return fmt.Sprintf("%d%s", n/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Set reads a number with a unit, KiB, MiB or GiB, of which the last letters may
// be left out, or with none for bytes.
func (b *byteSize) Set(text string) error {
	number, factor := text, int64(1)
	for _, u := range byteUnits {
		for _, name := range []string{u.name, u.name[:2]} {
			if n, ok := strings.CutSuffix(text, name); ok {
				number, factor = n, u.bytes
			}
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return usagef("want a number of bytes such as 512MiB, or 0 for no limit")
	}
	*b = byteSize(n * factor)
	return nil
}

func (b *byteSize) Type() string { return "size" }

// connections is how a run learns of clusters.
type connections struct {
	resolver cluster.Resolver
	catalog  cluster.Catalog
	// pin makes a kubeconfig of one context, with another namespace unless that is
	// empty; pinDocker makes the environment of one daemon. They are nil in a replay.
	pin       func(context, namespace string) ([]byte, error)
	pinDocker func(host string) ([]string, error)
	close     func()
}

// pinContext is pin with the namespace of the context, nil in a replay.
func (c *connections) pinContext() func(context string) ([]byte, error) {
	if c.pin == nil {
		return nil
	}
	return func(context string) ([]byte, error) { return c.pin(context, "") }
}

// connect makes the connections that the flags ask for. Nothing is read or
// connected to yet, but a recording. stderr takes what credential plugins print.
func (f *scriptFlags) connect(ctx context.Context, stderr io.Writer) (*connections, error) {
	if f.timeout <= 0 {
		return nil, usagef("--timeout %s: it must be more than 0", f.timeout)
	}
	if f.clusters != "" {
		list, err := f.recording(ctx)
		if err != nil {
			return nil, err
		}
		replay := cluster.NewReplay(f.clusters, list)
		return &connections{resolver: replay, catalog: replay, close: func() {}}, nil
	}
	k := kube.New(kube.Options{Kubeconfig: f.kubeconfig, Stderr: stderr})
	if f.from != "" {
		defer k.Close()
		return f.hub(ctx, k, stderr)
	}
	d := docker.New(docker.Options{})
	live := cluster.ByKind{Kubernetes: k, Docker: d}
	named := func(ctx context.Context, req cluster.Request) cluster.Request {
		ctx, cancel := context.WithTimeout(ctx, f.timeout)
		defer cancel()
		return k.Named(ctx, req)
	}
	return &connections{
		resolver:  cluster.Share(cluster.Limit(cluster.Timeout(f.trust.wall(live, k), f.timeout), 0), named),
		catalog:   k,
		pin:       k.Pinned,
		pinDocker: d.Pinned,
		close:     k.Close,
	}, nil
}

// hub reads the clusters of --clusters-from. Its warnings go to stderr.
func (f *scriptFlags) hub(ctx context.Context, k *kube.Resolver, stderr io.Writer) (*connections, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	contexts, err := k.Contexts()
	if err != nil {
		return nil, failure{fmt.Errorf("--clusters-from: %w", err)}
	}
	ref, err := hub.ParseRef(f.from, contexts)
	if err != nil {
		return nil, usagef("--clusters-from: %w", err)
	}
	h, err := hub.Open(ctx, k, ref)
	if err != nil {
		return nil, failure{fmt.Errorf("--clusters-from: %w", err)}
	}
	for _, warning := range h.Warnings() {
		fmt.Fprintf(stderr, "warning: %s\n", warning)
	}
	return &connections{
		resolver: h,
		catalog:  h,
		pin: func(name, _ string) ([]byte, error) {
			return nil, fmt.Errorf("a hub has no credentials for cluster %q: run this where a kubeconfig has a context for it, without --clusters-from", name)
		},
		close: func() {},
	}, nil
}

// recording reads the file of --clusters. A pipe is waited for as a cluster is.
func (f *scriptFlags) recording(ctx context.Context) (*cluster.ClusterList, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	data, err := localfile.ReadBeside(ctx, f.clusters)
	if err != nil {
		return nil, usagef("--clusters: %w", err)
	}
	list, err := cluster.ParseList(f.clusters, data)
	if err != nil {
		return nil, failure{err}
	}
	if n := len(list.Items); n > builtins.DefaultClusters {
		return nil, failure{fmt.Errorf("--clusters %s: it holds %d clusters, and a script may declare %d", f.clusters, n, builtins.DefaultClusters)}
	}
	return list, nil
}

// firstCollection is how large the heap gets before it is collected for the first
// time, in percent of the runtime's 4 MiB.
const firstCollection = 400

// delayCollector has the garbage collector wait for 16 MiB: most runs end before,
// and starting it costs as much as reading a thousand manifests. Once it ran it
// is as always. A GOGC in the environment is kept.
func delayCollector() {
	if os.Getenv("GOGC") != "" {
		return
	}
	usual := debug.SetGCPercent(firstCollection)
	runtime.AddCleanup(new([32]byte), func(percent int) { debug.SetGCPercent(percent) }, usual)
}
