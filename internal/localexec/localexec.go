// Package localexec runs programs on this machine for scripts that may: with
// the kubeconfig of one cluster and nothing else, and so that nothing of them
// outlives the run.
//
// It imports the standard library, builtins for the interface that it fills,
// internal/environ and internal/procgroup.
package localexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/procgroup"
)

// maxOutput is how much one program may print to standard output.
const maxOutput = 64 << 20

// drain is how long output is still read when a program has ended and a child
// of it holds the pipe open. What is read until then counts as all of it, so that it
// must be enough on a machine that is busy with other things.
const drain = 2 * time.Second

// Runner runs programs. Close it when the run ends.
type Runner struct {
	// Root is the folder that a Command.Dir that is not absolute is below.
	Root string
	// Env is the environment. What leads to a cluster in it is dropped.
	Env []string
	// Pin makes a kubeconfig of one context, with another namespace unless that is
	// empty. Nil knows no context.
	Pin func(context, namespace string) ([]byte, error)
	// Stderr takes what programs print there.
	Stderr io.Writer

	mu     sync.Mutex
	closed bool
	folder string            // private, holds the kubeconfigs
	pinned map[string]string // context and namespace to file
}

var _ builtins.Executor = (*Runner)(nil)

// Run runs a program to its end. When ctx is done, it and its children are killed.
func (r *Runner) Run(ctx context.Context, c builtins.Command) (builtins.Result, error) {
	kubeconfig, err := r.kubeconfig(c.Context, c.Namespace)
	if err != nil {
		return builtins.Result{}, err
	}
	args := c.Args
	path, err := r.lookPath(args[0])
	if errors.Is(err, exec.ErrNotFound) && c.Or != nil {
		args = c.Or
		path, err = r.lookPath(args[0])
	}
	if err != nil {
		return builtins.Result{}, err
	}
	stdout := &procgroup.Output{Max: maxOutput}
	cmd := exec.CommandContext(ctx, path, args[1:]...)
	cmd.Args[0] = args[0]
	if cmd.Dir = filepath.FromSlash(c.Dir); !filepath.IsAbs(cmd.Dir) {
		cmd.Dir = filepath.Join(r.Root, cmd.Dir)
	}
	env := environ.List(r.Env)
	for _, key := range c.Unset {
		env = env.Without(key)
	}
	cmd.Env = append(env.Pinned(kubeconfig), c.Env...)
	cmd.Stdin = strings.NewReader(c.Stdin)
	stderr := &procgroup.Head{Max: builtins.MaxStderr, Next: r.Stderr}
	if c.Quiet || r.Stderr == nil {
		stderr.Next = io.Discard
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.WaitDelay = drain
	err = procgroup.Run(cmd)
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return builtins.Result{}, context.Cause(ctx)
	case stdout.Exceeded():
		return builtins.Result{}, fmt.Errorf("%s printed more than %d MiB", args[0], maxOutput>>20)
	case errors.As(err, &exit) && !exit.Exited():
		return builtins.Result{}, fmt.Errorf("%s was ended by %w", args[0], err)
	case err != nil && exit == nil && !errors.Is(err, exec.ErrWaitDelay):
		return builtins.Result{}, err
	}
	return builtins.Result{Stdout: stdout.Bytes(), Stderr: stderr.Bytes(), Status: cmd.ProcessState.ExitCode()}, nil
}

// lookPath finds a program. A name with a slash is below the command's folder.
func (r *Runner) lookPath(name string) (string, error) {
	if strings.ContainsRune(name, '/') {
		return name, nil
	}
	return environ.List(r.Env).LookPath(name)
}

// kubeconfig returns the file with the one context, or one without any.
func (r *Runner) kubeconfig(kubeContext *string, namespace string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return "", errors.New("the run has ended: it starts no programs any more")
	}
	key, data := "", []byte("apiVersion: v1\nkind: Config\n")
	if kubeContext != nil && r.Pin != nil {
		var err error
		if data, err = r.Pin(*kubeContext, namespace); err != nil {
			return "", err
		}
		key = "context/" + namespace + "/" + *kubeContext // a namespace has no slash
	}
	if file, ok := r.pinned[key]; ok {
		return file, nil
	}
	if r.folder == "" {
		folder, err := os.MkdirTemp("", "sextant-") // mode 0700
		if err != nil {
			return "", err
		}
		r.folder, r.pinned = folder, map[string]string{}
	}
	file := filepath.Join(r.folder, fmt.Sprintf("kubeconfig-%d", len(r.pinned)))
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return "", err
	}
	r.pinned[key] = file
	return file, nil
}

// Close removes the kubeconfigs. Whoever runs a program after it fails. It may be
// called again.
func (r *Runner) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.folder == "" {
		return nil
	}
	if err := os.RemoveAll(r.folder); err != nil {
		return fmt.Errorf("a kubeconfig stays behind: %w", err)
	}
	r.folder = ""
	return nil
}
