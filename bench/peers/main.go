package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/sample"
	"github.com/sextant-dev/sextant/internal/test/program"
)

const reportFile = "docs/benchmarks-manifests.md"

type options struct {
	sizes     string
	runs      int
	sextant   string
	kustomize bool
	write     bool
	roundTrip string
}

func main() {
	var o options
	flag.StringVar(&o.sizes, "sizes", "100,1000,10000", "how many Deployments")
	flag.IntVar(&o.runs, "runs", 15, "runs of each command; the fastest counts")
	flag.StringVar(&o.sextant, "sextant", "", "the binary; by default it is built, as make build does")
	flag.BoolVar(&o.kustomize, "kustomize", true, "install kustomize and run it at 100")
	flag.BoolVar(&o.write, "write", false, "write "+reportFile)
	flag.StringVar(&o.roundTrip, "round-trip", "", "only decode and encode that file (what a peer runs)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.roundTrip != "" {
		return roundTrip(o.roundTrip, os.Stdout)
	}
	dir, err := os.MkdirTemp("", "sextant-peers-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{dir: dir, runs: o.runs, sextant: o.sextant}
	if b.sextant == "" {
		if b.sextant, err = program.Build(dir, "cmd/sextant"); err != nil {
			return err
		}
	} else if b.sextant, err = filepath.Abs(b.sextant); err != nil {
		return err
	}
	if o.kustomize {
		bin := filepath.Join(dir, "bin")
		if err := goTool(ctx, []string{"GOBIN=" + bin}, "install", "sigs.k8s.io/kustomize/kustomize/v5@v5.8.2"); err != nil {
			return err
		}
		b.kustomize = filepath.Join(bin, "kustomize"+exe())
	}
	var report bytes.Buffer
	out := io.MultiWriter(os.Stdout, &report)
	intro(out)
	var sizes []*size
	for text := range strings.SplitSeq(o.sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-sizes %s: %q is no number of Deployments", o.sizes, text)
		}
		s, err := b.size(ctx, n)
		if err != nil {
			return err
		}
		sizes = append(sizes, s)
	}
	// Comparing takes memory, and a process starts with its parent's peak, so it
	// waits for the last measurement.
	for _, s := range sizes {
		s.compare()
		s.table(out)
		s.goals(out)
	}
	linear(out, sizes)
	if !o.write {
		return nil
	}
	return os.WriteFile(reportFile, report.Bytes(), 0o644)
}

func goTool(ctx context.Context, env []string, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// bench runs the commands in its folder.
type bench struct {
	dir                string
	runs               int
	sextant, kustomize string
}

// size is what was measured on n Deployments, sextant's result first.
type size struct {
	n       int
	bytes   int64
	results []result
}

// size makes an input of n Deployments and runs every peer on it, in rounds of all
// of them: a machine is now faster and now slower, and that must not look like a
// difference between two peers.
func (b *bench) size(ctx context.Context, n int) (*size, error) {
	bytes, err := b.files(n)
	if err != nil {
		return nil, err
	}
	s := &size{n: n, bytes: bytes}
	peers := b.peers(n)
	for i, p := range peers {
		s.results = append(s.results, result{name: p.name, file: filepath.Join(b.dir, fmt.Sprintf("out-%d-%d.yaml", n, i))})
	}
	for round := range b.runs {
		for i, p := range peers {
			if p.once && round > 0 {
				continue
			}
			if err := b.measure(ctx, p, &s.results[i]); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// files writes the input, whose size it returns, and what the peers need beside
// it.
func (b *bench) files(n int) (bytes int64, err error) {
	in, err := os.Create(filepath.Join(b.dir, "in.yaml"))
	if err != nil {
		return 0, err
	}
	if err := errors.Join(sample.Write(in, n), in.Close()); err != nil {
		return 0, err
	}
	info, err := os.Stat(in.Name())
	if err != nil {
		return 0, err
	}
	for name, text := range peerFiles() {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(b.dir, name)), 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(b.dir, name), []byte(text), 0o644); err != nil {
			return 0, err
		}
	}
	return info.Size(), nil
}
