package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/foreground"
)

// The exit codes of a program that could not be started, as of env and timeout.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// programExit is the exit code of a program that ran in our place.
type programExit int

func (e programExit) Error() string { return fmt.Sprintf("the program exited with status %d", int(e)) }

func newExecCommand(a *app) *cobra.Command {
	var script scriptFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] CLUSTER -- COMMAND [ARG...]",
		Short: "Run a program that can reach one cluster and no other",
		Long: `Exec runs a script, and then COMMAND, which can reach CLUSTER, one of the clusters
that the script declared, and no other. For a Kubernetes cluster, KUBECONFIG names
a kubeconfig whose only and current context is that cluster's, with the namespace
that the script declared. For a Docker daemon, DOCKER_HOST or DOCKER_CONTEXT is set.

COMMAND has the terminal, input and output of sextant and receives its signals.
Sextant exits with the exit code of COMMAND, which is not run if the cluster is not
connected, or if the script does not allow its context.`,
		Example: `  sextant exec staging -- kubectl get pods
  sextant render --cluster prod | sextant exec prod -- kubectl diff -f -
  sextant exec docker -- docker push registry.example.com/team/api:v1`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, command := scriptArgs(cmd, args)
			switch {
			case len(command) == 0:
				return usagef("exec takes a CLUSTER and, after --, a COMMAND: sextant exec CLUSTER -- COMMAND")
			case len(own) != 1:
				return usagef("exec takes one CLUSTER before --, got %d", len(own))
			case script.file == "-":
				return usagef("exec leaves standard input to COMMAND: name the script with -f FILE")
			}
			return script.mustConnect(cmd)
		},
		ValidArgsFunction: completer{a, &script, false, clusterNames}.argument,
		RunE: func(cmd *cobra.Command, args []string) error {
			own, command := scriptArgs(cmd, args)
			p := pinnedProgram{app: a, command: command, stdin: os.Stdin}
			return p.run(cmd.Context(), scriptRun{flags: &script}, clusterName(own[0]), nil)
		},
	}
	script.addConnecting(cmd)
	return cmd
}

// pinnedProgram is a program that can reach one cluster.
type pinnedProgram struct {
	app     *app
	command []string
	stdin   io.Reader
	// folder is private and holds what the program reads: the kubeconfig, manifests.
	// It is removed when the program has ended.
	folder string
	env    []string
}

// run runs a script, then prepare if it is not nil, and then the program for the
// cluster of a name.
func (p *pinnedProgram) run(ctx context.Context, script scriptRun, name string, prepare func(run *builtins.Run, target *cluster.Cluster) error) (err error) {
	if p.folder, err = os.MkdirTemp("", "sextant-"); err != nil { // mode 0700
		return failure{err}
	}
	defer func() {
		if left := os.RemoveAll(p.folder); left != nil {
			p.app.warn(fmt.Errorf("a kubeconfig stays behind: %w", left))
		}
	}()
	var live *connections
	script.connected = func(c *connections) { live = c }
	script.options = func(o *builtins.Options) { o.Cluster = name }
	err = p.app.execute(ctx, script, func(run *dialect.Run) error {
		target, err := run.Target(name)
		if errors.As(err, new(*builtins.SeveralClustersError)) {
			return fmt.Errorf("%w with the argument CLUSTER", err)
		}
		if err != nil {
			return err
		}
		if err := p.pin(live, target); err != nil {
			return err
		}
		if prepare != nil {
			return prepare(run.Run, target)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return p.start()
}

// pin makes the environment of the program.
func (p *pinnedProgram) pin(live *connections, target *cluster.Cluster) error {
	kubeconfig := []byte("apiVersion: v1\nkind: Config\n")
	env := os.Environ()
	var err error
	if conn := target.Spec.Connection.Docker; conn != nil {
		env, err = live.pinDocker(conn.Host)
	} else {
		status := target.Status.Connection.Kubernetes
		kubeconfig, err = live.pin(status.Context, status.Namespace)
	}
	if err != nil {
		return err
	}
	file := filepath.Join(p.folder, "kubeconfig")
	if err := os.WriteFile(file, kubeconfig, 0o600); err != nil {
		return err
	}
	p.env = environ.List(env).Pinned(file)
	return nil
}

// start runs the program to its end.
func (p *pinnedProgram) start() error {
	path, err := exec.LookPath(p.command[0])
	if err == nil {
		cmd := exec.Command(path, p.command[1:]...)
		cmd.Args[0] = p.command[0]
		cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = p.env, p.stdin, p.app.raw, p.app.stderr
		var code int
		if code, err = foreground.Run(cmd); err == nil {
			if code == exitDone {
				return nil
			}
			return programExit(code)
		}
	}
	p.app.console.Printf("sextant: %v", err)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return programExit(exitNotFound)
	}
	return programExit(exitNotExecutable)
}
