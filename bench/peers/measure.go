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
	if r.wall == 0 || wall < r.wall {
		r.wall, r.cpu = wall, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	}
	r.peak = max(r.peak, peak(cmd.ProcessState))
	if p.file != "" {
		return os.Rename(filepath.Join(b.dir, p.file), r.file)
	}
	return nil
}
