package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// bench runs the commands in its folder.
type bench struct {
	dir                string
	runs               int
	sextant, kustomize string
}

// measurement is what was measured on an input, sextant's result first.
type measurement struct {
	*input
	file    string
	facts   facts
	results []result
}

// result is the best of a peer's runs: its least wall time and its least CPU time.
type result struct {
	name      string
	wall, cpu time.Duration
	peak      int64  // bytes of memory, 0 if the system does not report it
	file      string // what it printed
	output    string // how that compares
}

// measureInput makes an input and runs every peer on it, in rounds of all of them: a
// machine is now faster and now slower, and that must not look like a difference
// between two peers.
func (b *bench) measureInput(ctx context.Context, number int, in *input) (*measurement, error) {
	m := &measurement{input: in, file: filepath.Join(b.dir, fmt.Sprintf("in-%d.yaml", number))}
	if err := in.file(m.file); err != nil {
		return nil, err
	}
	for name, text := range peerFiles(filepath.Base(m.file)) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(b.dir, name)), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	peers := b.peers(in, filepath.Base(m.file))
	for i, p := range peers {
		m.results = append(m.results, result{name: p.name, file: filepath.Join(b.dir, fmt.Sprintf("out-%d-%d.yaml", number, i))})
	}
	for round := range b.runs {
		for i, p := range peers {
			if p.once && round > 0 {
				continue
			}
			if err := b.measure(ctx, p, &m.results[i]); err != nil {
				return nil, err
			}
		}
	}
	return m, nil
}

// measure runs a peer once, with its output in r.file, and keeps what was best.
func (b *bench) measure(ctx context.Context, p peer, r *result) error {
	out, err := os.Create(r.file)
	if err != nil {
		return err
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = b.dir, out, &stderr
	start := time.Now()
	err = cmd.Run()
	wall := time.Since(start)
	out.Close()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, err, stderr.Bytes())
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if r.wall == 0 {
		r.wall, r.cpu = wall, cpu
	}
	r.wall, r.cpu = min(r.wall, wall), min(r.cpu, cpu)
	r.peak = max(r.peak, peak(cmd.ProcessState))
	if p.file != "" {
		return os.Rename(filepath.Join(b.dir, p.file), r.file)
	}
	return nil
}
