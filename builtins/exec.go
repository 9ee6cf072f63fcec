package builtins

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
)

// Command is one program to run on this machine.
type Command struct {
	// Args are the program and its arguments.
	Args []string
	// Or are run in place of Args if that program is not found.
	Or []string
	// Dir is the folder to run in, slash-separated: below the root, or absolute.
	Dir string
	// Env is added to the environment, KEY=VALUE each, and Unset removed from it.
	Env, Unset []string
	// Inherited returns a variable of the environment that Env adds to, for what
	// writes commands down; nil knows none.
	Inherited func(name string) string
	// Stdin is what the program reads.
	Stdin string
	// Context is the kubeconfig context that the program may use, "" for the
	// current one; nil means none. Namespace is the one to use there, "" for the
	// context's own.
	Context   *string
	Namespace string
	// Quiet drops what the program prints to standard error.
	Quiet bool
	// Absent is the error of a file or folder that the program needs and that is not
	// there. Only a [Replayer] is asked for such a command.
	Absent error
}

// Result is what a program came to.
type Result struct {
	// Stdout is what it printed to standard output.
	Stdout []byte
	// Stderr is the beginning of what it printed to standard error, [MaxStderr] bytes
	// at most.
	Stderr []byte
	// Status is its exit status.
	Status int
}

// MaxStderr is how much of standard error a [Result] holds.
const MaxStderr = 64 << 10

// An Executor runs programs for local(), kustomize() and helm(). When ctx is
// done, the program and its children are killed. A program that cannot be run, or
// that a signal ends, is an error; one that exits with a status is a Result.
type Executor interface {
	Run(ctx context.Context, c Command) (Result, error)
}

// A Replayer is an Executor that starts no program and answers for it. So what an
// earlier program made need not be there.
type Replayer interface {
	Executor
	Replays()
}

// ErrExecOff is the error of a script that may not run programs.
var ErrExecOff = errors.New("running programs is off: allow it with --allow-exec, for a script you trust, or answer for them with --exec")

// execFunctions run programs on this machine, if that is allowed.
func execFunctions() []row {
	return []row{
		{
			Name: "local", Returns: "Blob",
			Doc:    "Runs a command and returns its standard output; needs --allow-exec. Its KUBECONFIG holds the one context of the cluster, with its namespace.",
			Define: local,
		},
		{Name: "kustomize", Returns: "Blob", Doc: "Runs kustomize build, or kubectl kustomize where that is not there; needs --allow-exec.", Define: kustomize},
		{Name: "helm", Returns: "Blob", Doc: "Runs helm template; needs --allow-exec.", Define: helm},
	}
}

// allowed makes a function one that fails where programs are off.
func allowed(f body) body {
	return func(r *Run, c *call) (sl.Value, error) {
		if r.options.Exec == nil {
			return nil, c.Errorf("%w", ErrExecOff)
		}
		return f(r, c)
	}
}

// command is a command line: a string for the shell, or a program and its
// arguments.
type command struct {
	args []string
	// text is its name in messages.
	text string
}

var commandOf = table.Type[command]{Name: table.OneOrMore.Name, Convert: func(v sl.Value) (command, error) {
	words, err := table.OneOrMore.Convert(v)
	switch {
	case err != nil:
		return command{}, err
	case len(words) == 0 || words[0] == "":
		return command{}, errors.New("it is empty")
	}
	c := command{args: words, text: strings.Join(words, " ")}
	if is[sl.String](v) {
		c.args = []string{"sh", "-c", words[0]}
	}
	return c, nil
}}

func local(p *params) body {
	cmd := table.Required(p, "command", commandOf, "The command: a string for the shell, or a program and its arguments.")
	quiet := table.Optional(p, "quiet", table.Bool, sl.False, "Whether to drop what it prints to standard error.")
	dir := table.Optional(p, "dir", table.Str, sl.String("."), "The folder to run in, relative to the calling file.")
	env := table.Optional(p, "env", table.StrDict, table.EmptyDict, "Variables to add to the environment.")
	stdin := table.Optional(p, "stdin", textOf, sl.String(""), "What the command reads.")
	in := table.Optional(p, "cluster", clusterOf, sl.None, "The cluster that its kubeconfig holds; None is the script's only one, or the one named default.")
	return allowed(func(r *Run, c *call) (sl.Value, error) {
		run := Command{Args: cmd.Of(c).args, Stdin: stdin.Of(c).text, Quiet: quiet.Of(c)}
		for _, kv := range env.Of(c) {
			run.Env = append(run.Env, kv.Key+"="+kv.Value)
		}
		var err error
		if run.Dir, err = r.files.present(dir.Of(c)); err != nil {
			return nil, c.Errorf("%w", err)
		}
		if err = run.mayUse(&r.clusters, in.Of(c)); err != nil {
			return nil, c.Errorf("%w", err)
		}
		return runBlob(r, c, run, cmd.Of(c).text)
	})
}

func kustomize(p *params) body {
	path := table.Required(p, "path", table.Str, "The folder of the kustomization, relative to the calling file.")
	flags := table.Optional(p, "flags", table.OneOrMore, sl.Tuple{}, "More flags of kustomize build.")
	return allowed(func(r *Run, c *call) (sl.Value, error) {
		dir, err := r.files.present(path.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		dir = "./" + dir // no flag
		return runBlob(r, c, Command{
			Args: append([]string{"kustomize", "build", dir}, flags.Of(c)...),
			Or:   append([]string{"kubectl", "kustomize", dir}, flags.Of(c)...),
		}, "kustomize "+dir)
	})
}

func helm(p *params) body {
	path := table.Required(p, "chart", table.Str, "The folder of the chart, relative to the calling file.")
	name := table.Optional(p, "name", table.Str, sl.String(""), "The release; empty is chart.")
	namespace := table.Optional(p, "namespace", table.Str, sl.String(""), "The namespace.")
	values := table.Optional(p, "values", table.OneOrMore, sl.Tuple{}, "Values files, relative to the calling file.")
	set := table.Optional(p, "set", table.OneOrMore, sl.Tuple{}, "Single values, key=value each.")
	version := table.Optional(p, "kube_version", table.Str, sl.String(""), "The Kubernetes version that the chart is rendered for.")
	skipCRDs := table.Optional(p, "skip_crds", table.Bool, sl.False, "Whether to leave out the chart's CustomResourceDefinitions.")
	return allowed(func(r *Run, c *call) (sl.Value, error) {
		chart, err := r.files.present(path.Of(c))
		if err != nil {
			return nil, c.Errorf("%w", err)
		}
		args := []string{"helm", "template", cmp.Or(name.Of(c), "chart"), "./" + chart}
		if !skipCRDs.Of(c) {
			args = append(args, "--include-crds")
		}
		if ns := namespace.Of(c); ns != "" {
			args = append(args, "--namespace", ns)
		}
		if v := version.Of(c); v != "" {
			args = append(args, "--kube-version", v)
		}
		for _, file := range values.Of(c) {
			path, err := r.files.present(file)
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			args = append(args, "--values", path)
		}
		for _, v := range set.Of(c) {
			args = append(args, "--set", v)
		}
		return runBlob(r, c, Command{Args: args}, "helm "+chart)
	})
}

// runBlob runs a program and returns what it printed as a Blob.
func runBlob(r *Run, c *call, cmd Command, source string) (sl.Value, error) {
	out, err := execute(r.ctx, r.options.Exec, cmd)
	if err != nil {
		return nil, c.Errorf("%w", err)
	}
	return &blob{text: string(out), source: source}, nil
}

// execute runs a program, if exec is not nil, and returns its standard output. It must
// exit with status 0.
func execute(ctx context.Context, exec Executor, cmd Command) ([]byte, error) {
	if exec == nil {
		return nil, ErrExecOff
	}
	result, err := exec.Run(ctx, cmd)
	if err != nil && cmd.Absent != nil {
		return nil, cmd.Absent
	}
	if err == nil && result.Status != 0 {
		err = fmt.Errorf("%s exited with status %d", cmd.Args[0], result.Status)
	}
	return result.Stdout, err
}

// mayUse picks the context that the command may use: of the cluster given, else of
// the one Kubernetes cluster declared, else of the one named default. If the guard
// holds a cluster that nobody gave, the command gets none.
func (cmd *Command) mayUse(declared *clusters, given *clusterValue) error {
	if given != nil {
		if given.decl.Spec.Connection.Kubernetes == nil {
			return nil
		}
		if err := given.mayReach(); err != nil {
			return err
		}
		cmd.use(given)
		return nil
	}
	kubernetes := declared.kubernetes()
	for _, c := range kubernetes {
		if (len(kubernetes) == 1 || c.decl.Name == cluster.DefaultName) && c.mayReach() == nil {
			cmd.use(c)
			return nil
		}
	}
	return nil
}

// use has the command use a Kubernetes cluster as it is declared.
func (cmd *Command) use(c *clusterValue) {
	k := c.decl.Spec.Connection.Kubernetes
	cmd.Context, cmd.Namespace = &k.Context, k.Namespace
}
