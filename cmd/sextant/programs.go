package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/internal/execlog"
	"github.com/sextant-dev/sextant/internal/localexec"
	"github.com/sextant-dev/sextant/internal/localfile"
)

// programFlags select what becomes of the programs that a script runs: they fail,
// they run on this machine, or a recording answers for them.
type programFlags struct {
	allow  bool
	record string
	replay string
}

func (f *programFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.allow, "allow-exec", false, "let the script run programs with local(), kustomize() and helm()")
	flags.StringVar(&f.record, "record-exec", "", "with --allow-exec, record what the programs answer in this file")
	flags.StringVar(&f.replay, "exec", "", "replay the programs recorded in this file by --record-exec; none is started")
	takeFile(cmd, "record-exec", "exec")
}

// programs is what runs the programs of one script.
type programs struct {
	// executor is nil if the script may run none.
	executor builtins.Executor
	runner   *localexec.Runner
	recorder *execlog.Recorder
	file     string // of the recorder
}

// surroundings are what the programs of a script see.
type surroundings struct {
	// root is the absolute path of the script's root, extensions of the checkout of
	// extensions, or empty.
	root, extensions string
	env              []string
	// pin makes a kubeconfig of one context; nil if there are none.
	pin    func(context, namespace string) ([]byte, error)
	stderr io.Writer
}

// programs returns what runs the programs of a script. It waits for a recording that
// is a pipe as long as patience.
func (f *programFlags) programs(ctx context.Context, patience time.Duration, in surroundings) (*programs, error) {
	switch {
	case f.replay != "" && (f.allow || f.record != ""):
		return nil, usagef("--exec answers for programs: leave out --allow-exec and --record-exec, which run them")
	case f.record != "" && !f.allow:
		return nil, usagef("--record-exec runs programs: add --allow-exec, for a script you trust")
	case f.replay != "":
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		data, err := localfile.ReadBeside(ctx, f.replay)
		if err != nil {
			return nil, usagef("--exec: %w", err)
		}
		recording, err := execlog.Parse(f.replay, data)
		if err != nil {
			return nil, usagef("--exec: %w", err)
		}
		replay := execlog.NewReplay(f.replay, recording)
		replay.Extensions = in.extensions
		return &programs{executor: replay.Executor(filepath.ToSlash(in.root), in.stderr)}, nil
	case !f.allow:
		return &programs{}, nil
	}
	p := &programs{runner: &localexec.Runner{Root: in.root, Env: in.env, Pin: in.pin, Stderr: in.stderr}, file: f.record}
	p.executor = p.runner
	if p.file != "" {
		roots := []string{filepath.ToSlash(in.root)}
		if real, err := filepath.EvalSymlinks(in.root); err == nil && real != in.root {
			roots = append(roots, filepath.ToSlash(real)) // as programs may print it
		}
		p.recorder = execlog.NewRecorder(p.runner, roots...)
		p.recorder.Extensions = in.extensions
		p.executor = p.recorder
	}
	return p, nil
}

// close removes what the programs were given. No program runs after it.
func (p *programs) close() error {
	if p.runner == nil {
		return nil
	}
	return p.runner.Close()
}

// save writes the recording, if there is one to write. It is called once, when the
// script has ended, well or not.
func (p *programs) save() error {
	if p.recorder == nil {
		return nil
	}
	data, err := p.recorder.Recording().YAML()
	if err != nil {
		return fmt.Errorf("--record-exec %s: %w", p.file, err)
	}
	if err := atomicfile.Write(p.file, data, 0o644); err != nil {
		return fmt.Errorf("--record-exec: %w", err)
	}
	return nil
}
