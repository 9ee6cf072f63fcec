package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/console"
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
	maxSteps   uint64
}

func (f *scriptFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.clusters, "clusters", "", "replay the statuses of this ClusterList, as printed by eval -o yaml or json; nothing is connected to")
	flags.StringVar(&f.kubeconfig, "kubeconfig", "", "the kubeconfig to read; without it KUBECONFIG, then ~/.kube/config, then the pod's service account")
	flags.DurationVar(&f.timeout, "timeout", cluster.DefaultTimeout, "the deadline of each cluster")
	flags.StringVar(&f.root, "root", "", "the folder that scripts cannot leave; without it the folder of FILE")
	flags.Uint64Var(&f.maxSteps, "max-steps", starlark.DefaultSteps, "how many steps the script may take")
	for _, name := range []string{"clusters", "kubeconfig"} {
		if err := cmd.MarkFlagFilename(name); err != nil {
			panic(err) // the flag is defined above
		}
	}
	if err := cmd.MarkFlagDirname("root"); err != nil {
		panic(err)
	}
}

// scriptArgs splits the arguments at --: what the command takes, and what the
// script does.
func scriptArgs(cmd *cobra.Command, args []string) (own, script []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}

// scriptFile is a script and the folder it cannot leave.
type scriptFile struct {
	dir  *starlark.Dir
	path string // absolute path of dir
	name string // the script, relative to dir
}

// open finds the script that the command line names.
func (f *scriptFlags) open(file string) (*scriptFile, error) {
	if file == "" {
		file = "Clusterfile"
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return nil, failure{err}
	}
	if info, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("no file %s: name a script, or make a Clusterfile with k8s_cluster() in it", file)
	} else if err == nil && info.IsDir() {
		return nil, usagef("%s is a folder: name the script in it", file)
	}
	root := filepath.Dir(path)
	if f.root != "" {
		if root, err = filepath.Abs(f.root); err != nil {
			return nil, failure{err}
		}
	}
	name, err := filepath.Rel(root, path)
	if err != nil || name == ".." || strings.HasPrefix(name, ".."+string(filepath.Separator)) {
		return nil, usagef("%s is not below --root %s", file, f.root)
	}
	dir, err := starlark.OpenDir(root)
	if err != nil {
		return nil, usagef("cannot open the root: %w", err)
	}
	return &scriptFile{dir: dir, path: root, name: filepath.ToSlash(name)}, nil
}

// resolver makes the resolver and the catalog that the flags ask for, and a
// function that releases them.
func (f *scriptFlags) resolver() (cluster.Resolver, cluster.Catalog, func(), error) {
	if f.timeout <= 0 {
		return nil, nil, nil, usagef("--timeout %s: it must be more than 0", f.timeout)
	}
	if f.clusters != "" {
		data, err := os.ReadFile(f.clusters)
		if err != nil {
			return nil, nil, nil, usagef("--clusters: %w", err)
		}
		list, err := cluster.ParseList(data)
		if err != nil {
			return nil, nil, nil, failure{fmt.Errorf("%s: %w", f.clusters, err)}
		}
		replay := cluster.NewReplay(f.clusters, list)
		return replay, replay, func() {}, nil
	}
	k := kube.New(kube.Options{Kubeconfig: f.kubeconfig})
	live := cluster.ByKind{Kubernetes: k, Docker: docker.New(docker.Options{})}
	return cluster.Share(cluster.Limit(cluster.Timeout(live, f.timeout), 0)), k, k.Close, nil
}

// execute runs the script. Prints and warnings go to the console as they come.
func (a *app) execute(ctx context.Context, f *scriptFlags, file string, args []string) (*builtins.Run, error) {
	script, err := f.open(file)
	if err != nil {
		return nil, err
	}
	defer script.dir.Close()
	resolver, catalog, release, err := f.resolver()
	if err != nil {
		return nil, err
	}
	defer release()
	engine := starlark.Engine{
		Files:  script.dir,
		Limits: starlark.Limits{Steps: f.maxSteps},
		Print:  func(_ starlark.Position, message string) { a.console.Printf("%s", message) },
	}
	result := builtins.New(builtins.Options{
		Resolver: resolver,
		Catalog:  catalog,
		Env:      os.Environ(),
		Args:     args,
		Dir:      filepath.ToSlash(script.path),
		Warn:     func(w builtins.Warning) { a.console.Printf("%s", w) },
	})
	stop := a.console.Progress(func(elapsed time.Duration) string {
		return console.Pending("resolving", result.Pending(), elapsed)
	})
	err = engine.Run(ctx, script.name, result)
	stop()
	if err != nil && !errors.As(err, new(*starlark.ScriptError)) && !errors.As(err, new(starlark.ScriptErrors)) {
		err = failure{err}
	}
	return result, err
}

// connected reports each cluster that is not connected and fails if there is
// one. The commands call it after they have printed their result.
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
