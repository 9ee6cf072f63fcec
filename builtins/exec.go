package builtins

import (
	"context"
	"errors"
	"io/fs"
	"os/exec"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/cluster"
)

// Command is one program to run on this machine.
type Command struct {
	// Args are the program and its arguments.
	Args []string
	// Dir is the folder to run in, slash-separated, below the root.
	Dir string
	// Env is added to the environment, KEY=VALUE each.
	Env []string
	// Stdin is what the program reads.
	Stdin string
	// Context is the kubeconfig context that the program may use, "" for the
	// current one; nil gives it none.
	Context *string
	// Quiet drops what the program prints to standard error.
	Quiet bool
}

// An Executor runs programs for local(), kustomize() and helm(). Run returns
// the standard output; when ctx is done, the program and its children are
// killed. A program that is not there is an error that is [exec.ErrNotFound].
type Executor interface {
	Run(ctx context.Context, c Command) ([]byte, error)
}

// ErrExecOff says that a script may run no programs.
var ErrExecOff = errors.New("running programs is off: allow it with --allow-exec, for a script you trust")

// execFunctions run programs on this machine, where that is allowed.
func execFunctions() []Function {
	flags := func(name, doc string) Param { return Param{name, typeStrOrStrs, sl.Tuple{}, doc} }
	return []Function{
		{
			Name: "local",
			Params: []Param{
				{"command", typeStrOrStrs, nil, "The command: a text for the shell, or a program and its arguments."},
				{"quiet", typeBool, sl.False, "Whether to drop what it prints to standard error."},
				{"dir", typeStr, sl.String("."), "The folder to run in, relative to the calling file."},
				{"env", typeStrDict, noStrings(), "Variables to add to the environment."},
				{"stdin", typeText, sl.String(""), "What the command reads."},
				{"cluster", typeCluster, sl.None, "The cluster that its kubeconfig holds; None is the script's only one, or the one named default."},
			},
			Returns: "Blob",
			Doc:     "Runs a command and returns its standard output; needs --allow-exec. Its KUBECONFIG holds the one context of the cluster.",
			call:    allowed(local),
		},
		{
			Name: "kustomize",
			Params: []Param{
				{"path", typeStr, nil, "The folder of the kustomization, relative to the calling file."},
				flags("flags", "More flags of kustomize build."),
			},
			Returns: "Blob",
			Doc:     "Runs kustomize build, or kubectl kustomize where that is not there; needs --allow-exec.",
			call:    allowed(kustomize),
		},
		{
			Name: "helm",
			Params: []Param{
				{"chart", typeStr, nil, "The folder of the chart, relative to the calling file."},
				{"name", typeStr, sl.String(""), "The release; empty is chart."},
				{"namespace", typeStr, sl.String(""), "The namespace."},
				flags("values", "Values files, relative to the calling file."),
				flags("set", "Single values, key=value each."),
				{"kube_version", typeStr, sl.String(""), "The Kubernetes version that the chart is rendered for."},
				{"skip_crds", typeBool, sl.False, "Whether to leave out the chart's CustomResourceDefinitions."},
			},
			Returns: "Blob",
			Doc:     "Runs helm template; needs --allow-exec.",
			call:    allowed(helm),
		},
	}
}

// allowed makes a function one that fails where programs are off.
func allowed(f func(*call) (sl.Value, error)) func(*call) (sl.Value, error) {
	return func(c *call) (sl.Value, error) {
		if c.run.options.Exec == nil {
			return nil, c.errorf("%w", ErrExecOff)
		}
		return f(c)
	}
}

func local(c *call) (sl.Value, error) {
	args := c.strs("command")
	if len(args) == 0 || args[0] == "" {
		return nil, c.errorf("for parameter %q: it is empty", "command")
	}
	source := strings.Join(args, " ")
	if is[sl.String](c.value("command")) {
		args = []string{"sh", "-c", args[0]}
	}
	cmd := Command{Args: args, Stdin: c.text("stdin"), Quiet: c.bool("quiet")}
	for _, kv := range c.value("env").(*sl.Dict).Items() {
		k, _ := sl.AsString(kv[0])
		v, _ := sl.AsString(kv[1])
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var err error
	if cmd.Dir, err = c.present("dir"); err != nil {
		return nil, c.errorf("%w", err)
	}
	if cmd.Context, err = c.kubeContext(); err != nil {
		return nil, c.errorf("%w", err)
	}
	return c.execute(cmd, source)
}

func kustomize(c *call) (sl.Value, error) {
	dir, err := c.present("path")
	if err != nil {
		return nil, c.errorf("%w", err)
	}
	dir = "./" + dir // no flag
	source, flags := "kustomize "+dir, c.strs("flags")
	out, err := c.execute(Command{Args: append([]string{"kustomize", "build", dir}, flags...)}, source)
	if errors.Is(err, exec.ErrNotFound) {
		out, err = c.execute(Command{Args: append([]string{"kubectl", "kustomize", dir}, flags...)}, source)
	}
	return out, err
}

func helm(c *call) (sl.Value, error) {
	chart, err := c.present("chart")
	if err != nil {
		return nil, c.errorf("%w", err)
	}
	name := c.str("name")
	if name == "" {
		name = "chart"
	}
	args := []string{"helm", "template", name, "./" + chart}
	if !c.bool("skip_crds") {
		args = append(args, "--include-crds")
	}
	for _, flag := range []string{"namespace", "kube_version"} {
		if v := c.str(flag); v != "" {
			args = append(args, "--"+strings.ReplaceAll(flag, "_", "-"), v)
		}
	}
	for _, file := range c.strs("values") {
		path, err := c.run.present(file)
		if err != nil {
			return nil, c.errorf("%w", err)
		}
		args = append(args, "--values", path)
	}
	for _, v := range c.strs("set") {
		args = append(args, "--set", v)
	}
	return c.execute(Command{Args: args}, "helm "+chart)
}

// present resolves the path that an argument names, of what must be there.
func (c *call) present(param string) (string, error) { return c.run.present(c.str(param)) }

// present resolves a path like resolve does, and fails where nothing is there,
// or a symbolic link leads out of the root. A program can go where it likes, so
// this finds mistakes and is no confinement.
func (r *Run) present(p string) (string, error) {
	name, err := r.resolve(p)
	if err == nil {
		_, err = fs.Stat(r.files, name)
	}
	return name, err
}

// execute runs a program and returns what it printed.
func (c *call) execute(cmd Command, source string) (sl.Value, error) {
	out, err := c.run.options.Exec.Run(c.run.ctx, cmd)
	if err != nil {
		return nil, c.errorf("%w", err)
	}
	return &blob{text: string(out), source: source}, nil
}

// kubeContext picks the context that a command may use: of the cluster= given,
// else of the one Kubernetes cluster declared, else of the one named default.
// Where the guard holds a cluster that nobody gave, the command gets none.
func (c *call) kubeContext() (*string, error) {
	given, ok := c.value("cluster").(*clusterValue)
	if ok {
		if given.decl.Spec.Connection.Kubernetes == nil {
			return nil, nil
		}
		if err := given.mayReach(); err != nil {
			return nil, err
		}
		return &given.decl.Spec.Connection.Kubernetes.Context, nil
	}
	var kubernetes []*clusterValue
	for _, cl := range c.run.clusters {
		if cl.decl.Spec.Connection.Kubernetes != nil {
			kubernetes = append(kubernetes, cl)
		}
	}
	for _, cl := range kubernetes {
		if (len(kubernetes) == 1 || cl.decl.Name == cluster.DefaultName) && cl.mayReach() == nil {
			return &cl.decl.Spec.Connection.Kubernetes.Context, nil
		}
	}
	return nil, nil
}
