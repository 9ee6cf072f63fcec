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

	"github.com/sextant-dev/sextant/internal/test/program"
)

const reportFile = "docs/benchmarks-manifests.md"

type options struct {
	sizes     string
	varied    int
	corpus    bool
	files     []string
	runs      int
	sextant   string
	kustomize bool
	write     bool
	roundTrip string
}

func main() {
	var o options
	flag.StringVar(&o.sizes, "sizes", "100,1000,10000", "how many Deployments of one generator; empty: none")
	flag.IntVar(&o.varied, "varied", 5000, "how many documents that vary; 0: none")
	flag.BoolVar(&o.corpus, "corpus", false, "also run on the files that are the arguments")
	flag.IntVar(&o.runs, "runs", 15, "runs of each command; the fastest counts")
	flag.StringVar(&o.sextant, "sextant", "", "the binary; by default it is built, as make build does")
	flag.BoolVar(&o.kustomize, "kustomize", true, "install kustomize and run it at 100")
	flag.BoolVar(&o.write, "write", false, "write "+reportFile)
	flag.StringVar(&o.roundTrip, "round-trip", "", "only decode and encode that file (what a peer runs)")
	flag.Parse()
	o.files = flag.Args()
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
	inputs, err := o.inputs()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "sextant-peers-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &bench{dir: dir, runs: o.runs, sextant: o.sextant}
	if b.sextant == "" {
		if b.sextant, err = install(dir); err != nil {
			return err
		}
	} else if b.sextant, err = filepath.Abs(b.sextant); err != nil {
		return err
	}
	if o.kustomize && o.sizes != "" {
		bin := filepath.Join(dir, "bin")
		if err := goTool(ctx, []string{"GOBIN=" + bin}, "install", "sigs.k8s.io/kustomize/kustomize/v5@v5.8.2"); err != nil {
			return err
		}
		b.kustomize = filepath.Join(bin, "kustomize"+exe())
	}
	var report bytes.Buffer
	out := io.MultiWriter(os.Stdout, &report)
	intro(out)
	var measured []*measurement
	for i := range inputs {
		m, err := b.measureInput(ctx, i, &inputs[i])
		if err != nil {
			return err
		}
		measured = append(measured, m)
	}
	// Comparing takes memory, and a process starts with its parent's peak, so it
	// waits for the last measurement.
	for _, m := range measured {
		if m.facts, err = factsOf(m.file); err != nil {
			return err
		}
		m.compare()
		m.table(out)
		m.goals(out)
	}
	linear(out, measured)
	if !o.write {
		return nil
	}
	return os.WriteFile(reportFile, report.Bytes(), 0o644)
}

// install builds sextant and copies it, as installing a program does: a file as the
// linker wrote it takes half a millisecond more to start, which no user has.
func install(dir string) (path string, err error) {
	built, err := program.Build(filepath.Join(dir, "built"), "cmd/sextant")
	if err != nil {
		return "", err
	}
	in, err := os.Open(built)
	if err != nil {
		return "", err
	}
	defer in.Close()
	path = filepath.Join(dir, filepath.Base(built))
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o755)
	if err != nil {
		return "", err
	}
	_, err = io.Copy(out, in)
	return path, errors.Join(err, out.Close())
}

// inputs are what the flags ask for.
func (o *options) inputs() (inputs []input, err error) {
	if o.corpus != (len(o.files) > 0) {
		return nil, errors.New("give -corpus and files, or neither")
	}
	if o.corpus {
		inputs = append(inputs, corpus(o.files)...)
	}
	if o.varied > 0 {
		inputs = append(inputs, varied(o.varied)...)
	}
	for text := range strings.SplitSeq(o.sizes, ",") {
		if o.sizes == "" {
			break
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-sizes %s: %q is not a number of Deployments", o.sizes, text)
		}
		inputs = append(inputs, sampled(n))
	}
	return inputs, nil
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
