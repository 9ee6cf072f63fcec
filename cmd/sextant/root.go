package main

import (
	"context"
	"errors"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/internal/console"
	"github.com/sextant-dev/sextant/internal/overdue"
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

// app is what every subcommand works with.
type app struct {
	stdout  io.Writer
	console *console.Console
	// caught is closed when signals cancel the context.
	caught <-chan struct{}
}

// work does what may have to be undone or take too long. It returns when f has,
// or with an overdue.Error where f did not end when it had to.
func (a *app) work(ctx context.Context, f func(told func(why error)) error) error {
	<-a.caught
	return overdue.Run(ctx, grace, f)
}

// run executes a command line and returns the exit code.
func run(ctx context.Context, caught <-chan struct{}, args []string, stdout, stderr io.Writer) int {
	a := &app{stdout: stdout, console: console.New(stderr), caught: caught}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return a.exitCode(ctx, root.ExecuteContext(ctx))
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "sextant",
		Short: "Resolve clusters from a script and name images for them",
		Long: `Sextant runs a Clusterfile: a Starlark script that declares clusters. It connects
to them, and the script reads what they are: architecture, version, registry,
product. The script uses that to name images for each cluster.`,
		Example: `  sextant eval                     # the clusters of ./Clusterfile, resolved
  sextant eval -o yaml > clusters.yaml
  sextant eval --clusters clusters.yaml   # again, offline
  sextant output -o env            # what the script declared with output()`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return noCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(a.evalCommand(), a.outputCommand(), a.renderCommand(), a.imageCommand(), a.checkCommand(), a.testCommand(), a.docCommand(), a.versionCommand())
	addExamples(root)
	return root
}

// addExamples completes the commands that cobra makes: it gives them examples,
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

// exitCode says what went wrong and with which code to end.
func (a *app) exitCode(ctx context.Context, err error) int {
	var script *starlark.ScriptError
	var scripts starlark.ScriptErrors
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errNotConnected):
		return exitNotConnected
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		a.console.Printf("sextant: interrupted")
		return exitInterrupted
	case errors.Is(err, syscall.EPIPE):
		return exitPipeClosed // whoever read the result has seen enough
	case errors.As(err, &script), errors.As(err, &scripts):
		if err := starlark.Render(a.console, err); err != nil {
			return exitScriptFailed
		}
		return exitScriptFailed
	case errors.As(err, new(failure)):
		a.console.Printf("Error: %v", err)
		return exitScriptFailed
	}
	a.console.Printf("sextant: %v", err)
	return exitUsage
}
