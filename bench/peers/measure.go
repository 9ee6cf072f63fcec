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

// result is the fastest run of a peer.
type result struct {
	name      string
	wall, cpu time.Duration
	peak      int64  // bytes of memory, 0 where the system does not say
	file      string // what it printed
	output    string // how that compares
}

// measure runs a peer, with its output in a file.
func (b *bench) measure(ctx context.Context, p peer, file string) (result, error) {
	r := result{name: p.name, file: file}
	runs := b.runs
	if p.once {
		runs = 1
	}
	for i := range runs {
		out, err := os.Create(file)
		if err != nil {
			return r, err
		}
		var stderr bytes.Buffer
		cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = b.dir, out, &stderr
		start := time.Now()
		err = cmd.Run()
		wall := time.Since(start)
		out.Close()
		if err != nil {
			return r, fmt.Errorf("%s: %w\n%s", p.name, err, stderr.Bytes())
		}
		if i == 0 || wall < r.wall {
			r.wall, r.cpu = wall, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
		}
		r.peak = max(r.peak, peak(cmd.ProcessState))
	}
	if p.file != "" {
		return r, os.Rename(filepath.Join(b.dir, p.file), file)
	}
	return r, nil
}
