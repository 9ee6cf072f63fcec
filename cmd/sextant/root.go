package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cmd/sextant/internal/console"
	"github.com/sextant-dev/sextant/internal/overdue"
	"github.com/sextant-dev/sextant/internal/suggest"
	"github.com/sextant-dev/sextant/starlark"
)

// The exit codes.
const (
	exitDone         = 0
	exitScriptFailed = 1
	exitUsage        = 2
	exitNotConnected = 3
	exitInterrupted  = 130
	exitPipeClosed   = 141
)

// errNotConnected ends a run that printed its result although a cluster is not
// connected. What is wrong was said already.
var errNotConnected = errors.New("a cluster is not connected")

// isTerminal reports whether somebody looks at w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// app is what every subcommand works with.
type app struct {
	// stdout takes results, and makes them printable. raw takes those that are bytes
	// by contract: manifests, one output, a formatted script.
	stdout  io.Writer
	raw     io.Writer
	console *console.Console
	// stderr is what the console writes to, for programs that run in our place.
	stderr io.Writer
	// args is the command line. confined is set in the process that the operating
	// system limits.
	args     []string
	confined bool
	// caught is closed when signals cancel the context.
	caught <-chan struct{}
}

// work does what may have to be undone or take too long. It returns when f has,
// or with an overdue.Error where f did not end when it had to.
func (a *app) work(ctx context.Context, f func(onStop func(why error)) error) error {
	<-a.caught
	return overdue.Run(ctx, grace, f)
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, caught <-chan struct{}, args []string, stdout, stderr io.Writer) int {
	stderr, limited := confined(stderr)
	a := &app{stdout: console.NewWriter(stdout), raw: stdout, console: console.New(stderr), stderr: stderr, args: args, confined: limited, caught: caught}
	root := newRootFor(a, args)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	code := a.exitCode(ctx, root.ExecuteContext(ctx))
	if code != exitDone && evaluated(root, args) {
		fmt.Fprintln(stdout, "false") // nothing, evaluated, would be success
	}
	return code
}

// subcommand makes a command, of that name.
type subcommand struct {
	name string
	make func(*app) *cobra.Command
}

// subcommands are all commands but those that cobra makes.
var subcommands = []subcommand{
	{"eval", newEvalCommand}, {"watch", newWatchCommand}, {"output", newOutputCommand},
	{"render", newRenderCommand}, {"apply", newApplyCommand}, {"exec", newExecCommand},
	{"image", newImageCommand}, {"builds", newBuildsCommand}, {"resources", newResourcesCommand},
	{"check", newCheckCommand}, {"lsp", newLspCommand}, {"fmt", newFmtCommand}, {"repl", newReplCommand},
	{"doctor", newDoctorCommand}, {"init", newInitCommand},
	{"test", newTestCommand}, {"doc", newDocCommand}, {"version", newVersionCommand},
}

// newRootFor is newRootCommand for one command line: if that starts with the name of a
// command, nothing can ask for another one, and making all of them and their flags
// takes a twentieth of a usual run.
func newRootFor(a *app, args []string) *cobra.Command {
	if len(args) > 0 {
		for i, c := range subcommands {
			if c.name == args[0] {
				root := newRootOf(a, subcommands[i:i+1])
				root.CompletionOptions.DisableDefaultCmd = true
				withDefaults(root)
				return root
			}
		}
	}
	return newRootCommand(a)
}

func newRootCommand(a *app) *cobra.Command {
	root := newRootOf(a, subcommands)
	addExamples(root)
	withDefaults(root)
	onlyFiles(root)
	return root
}

func newRootOf(a *app, commands []subcommand) *cobra.Command {
	var showVersion bool
	root := &cobra.Command{
		Use:   "sextant",
		Short: "Resolve clusters from a script and name images for them",
		Long: `Sextant runs a Clusterfile: a Starlark script that declares clusters. It connects
to them, and the script reads what they are: architecture, version, registry,
product. The script names images for each cluster accordingly.

Each flag but --chdir has an environment variable, which the command line
overrides: SEXTANT_MAX_STEPS sets --max-steps.`,
		Example: `  sextant eval                     # the clusters of ./Clusterfile, resolved
  sextant eval -o yaml > clusters.yaml
  sextant eval --clusters clusters.yaml   # again, offline
  sextant output                   # what the script declared with output()`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if showVersion {
				return printVersion(a.stdout, "text")
			}
			return cmd.Help()
		},
	}
	root.Flags().BoolVar(&showVersion, "version", false, "print the version of sextant")
	root.SetFlagErrorFunc(flagError)
	for _, c := range commands {
		root.AddCommand(c.make(a))
	}
	return root
}

// addExamples completes the commands that cobra makes: it adds examples to them,
// and errors where the command to help with or the shell is unknown.
func addExamples(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Example = "  sextant help eval"
			cmd.Args = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				if err == nil && len(rest) > 0 {
					err = noCommand(found, rest[0])
				}
				return err
			}
		case "completion":
			cmd.Example = "  sextant completion bash > /etc/bash_completion.d/sextant"
			cmd.Args = cobra.ArbitraryArgs
			cmd.RunE = func(cmd *cobra.Command, args []string) error {
				if len(args) > 0 {
					return usagef("no completion for %q: choose one of %s", args[0], strings.Join(commandNames(cmd), ", "))
				}
				return cmd.Help()
			}
			for _, shell := range cmd.Commands() {
				shell.Example = "  sextant completion " + shell.Name()
				shell.Args = noArgs
			}
		}
	}
}

// exitCode reports what went wrong and returns the exit status.
func (a *app) exitCode(ctx context.Context, err error) int {
	var script *starlark.ScriptError
	var scripts starlark.ScriptErrors
	var help *builtins.ConfigError
	var ended programExit
	var file *fs.PathError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &ended):
		return int(ended)
	case errors.Is(err, errNotConnected):
		return exitNotConnected
	case errors.Is(err, errMistakes):
		return exitScriptFailed
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		a.console.Printf("sextant: interrupted")
		return exitInterrupted
	case errors.Is(err, syscall.EPIPE):
		return exitPipeClosed // whoever read the result has seen enough
	case errors.As(err, &help) && help.Help:
		_, err := fmt.Fprintf(a.stdout, "the script takes, after --: %s\n", cmp.Or(help.Usage, "nothing"))
		return a.exitCode(ctx, err)
	case errors.As(err, &script), errors.As(err, &scripts):
		switch rendered := starlark.Render(a.console, err) == nil; {
		case !rendered:
		case errors.Is(err, starlark.ErrOutside):
			a.console.Printf("name a larger root with --root, or put a %s into it", projectName)
		case script != nil && errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(script.Message, "cannot load //"):
			a.console.Printf("// is the root, by default the folder of FILE: name a larger root with --root, or put a %s into it", projectName)
		}
		return exitScriptFailed
	case errors.As(err, new(failure)), errors.As(err, &file) && file.Op == "write":
		a.console.Printf("Error: %v", err)
		return exitScriptFailed
	}
	a.console.Printf("sextant: %v", err)
	return exitUsage
}

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// failure is a run that failed outside of any line of a script.
type failure struct{ error }

func (e failure) Unwrap() error { return e.error }

// noCommand is the error of a name that is not a command below parent.
func noCommand(parent *cobra.Command, name string) error {
	return usagef("no command %q%s; see %s --help", name, suggest.DidYouMean(name, commandNames(parent)), parent.CommandPath())
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return names
}

// catchSignals returns a context that is canceled when the process is asked to
// end, and a channel that is closed from when it can be. Asking the system for
// signals takes as long as making all commands, so that goes on beside it: until
// then a signal ends the process, which has done nothing to be undone.
func catchSignals() (ctx context.Context, caught <-chan struct{}) {
	ctx, cancel := context.WithCancelCause(context.Background())
	ready := make(chan struct{})
	go func() { // for as long as the process lasts
		ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
		if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it
			ends = append(ends, syscall.SIGHUP)
		}
		came := make(chan os.Signal, 1)
		signal.Notify(came, ends...)
		// With this a write to a closed pipe fails. Without, it would end the process,
		// and leave the programs and kubeconfigs of local() behind.
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
		close(ready)
		cancel(&signalError{<-came}) // signals that come later change nothing: what runs is being ended
	}()
	return ctx, ready
}

// signalError is why a context is canceled: the process was asked to end.
type signalError struct{ signal os.Signal }

func (e *signalError) Error() string { return e.signal.String() }

func (e *signalError) Unwrap() error { return context.Canceled }
