package main

import (
	"context"
	"fmt"
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
	flags.Var((*recordingFlag)(&f.record), "record-exec", "with --allow-exec, write what the programs answer to this file")
	flags.Var((*recordingFlag)(&f.replay), "exec", "answer for the programs from this file, as written by --record-exec; none is started")
	for _, name := range []string{"record-exec", "exec"} {
		if err := cmd.MarkFlagFilename(name); err != nil {
			panic(err) // the flag is defined above
		}
	}
}

// programs is what runs the programs of one script.
type programs struct {
	// executor is nil if the script may run none.
	executor builtins.Executor
	runner   *localexec.Runner
	recorder *execlog.Recorder
	file     string // of the recorder
}

// programs returns what runs the programs of a script below root, an absolute
// path, as is extensions, the checkout of extensions, or empty. pin makes the kubeconfigs that they see; a recording that is a pipe is waited
// for as long as patience.
func (f *programFlags) programs(ctx context.Context, patience time.Duration, a *app, root, extensions string, env []string, pin func(string) ([]byte, error)) (*programs, error) {
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
		replay.Extensions = extensions
		return &programs{executor: replay.Executor(filepath.ToSlash(root), a.console)}, nil
	case !f.allow:
		return &programs{}, nil
	}
	p := &programs{runner: &localexec.Runner{Root: root, Env: env, Pin: pin, Stderr: a.console}, file: f.record}
	p.executor = p.runner
	if p.file != "" {
		roots := []string{filepath.ToSlash(root)}
		if real, err := filepath.EvalSymlinks(root); err == nil && real != root {
			roots = append(roots, filepath.ToSlash(real)) // as programs may print it
		}
		p.recorder = execlog.NewRecorder(p.runner, roots...)
		p.recorder.Extensions = extensions
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
