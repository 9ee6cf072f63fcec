package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/cluster/manifest/sample"
)

// input is what the peers run on.
type input struct {
	title string
	// about describes the documents.
	about string
	write func(io.Writer) error
	// deployments is how many Deployments of the sample it has, 0 for other inputs.
	deployments int
	goal        goal
}

// goal is what sextant is to reach on an input.
type goal struct {
	ofSed float64 // its CPU time, in that of sed; 0: none
	wall  float64 // milliseconds; 0: none
}

const (
	wholeOfSed  = 0.5
	noCRDsOfSed = 0.7
)

func sampled(n int) input {
	in := input{
		title: fmt.Sprintf("%d Deployments of one generator", n), deployments: n,
		about: "Each Deployment has three containers and an init container, and a Service and a ConfigMap behind it. All documents are alike but for names and images.",
		write: func(w io.Writer) error { return sample.Write(w, n) },
	}
	if n == 10000 {
		in.goal.wall = 90
	}
	return in
}

func varied(n int) []input {
	return twice(fmt.Sprintf("%d documents that vary", n),
		"They differ in kind (workloads, lists, CustomResourceDefinitions, ConfigMaps, Tekton tasks and others), order of keys, depth and style: block, flow, quotes, comments, literal blocks, values over several lines, CRLF, anchors, JSON.",
		func(w io.Writer) error { return sample.WriteVaried(w, n) })
}

func corpus(files []string) []input {
	return twice("Files given", fmt.Sprintf("They are %s, one after another.", names(files)), func(w io.Writer) error {
		for _, file := range files {
			f, err := os.Open(file)
			if err != nil {
				return err
			}
			if _, err := io.Copy(w, io.MultiReader(strings.NewReader("---\n"), f, strings.NewReader("\n"))); err != nil {
				return errors.Join(err, f.Close())
			}
			if err := f.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}

func names(files []string) string {
	var out []string
	for _, file := range files {
		out = append(out, filepath.Base(file))
	}
	return strings.Join(out, ", ")
}

// twice makes two inputs of documents: all, and without CustomResourceDefinitions.
func twice(title, about string, write func(io.Writer) error) []input {
	return []input{
		{title: title, about: about, goal: goal{ofSed: wholeOfSed}, write: write},
		{
			title: title + ", without CustomResourceDefinitions", about: "The same, without documents of that kind.", goal: goal{ofSed: noCRDsOfSed},
			write: func(w io.Writer) error {
				f := &filter{w: w}
				return errors.Join(write(f), f.flush())
			},
		},
	}
}

// filter passes documents on, but for CustomResourceDefinitions. It holds one at a
// time: a process starts with its parent's peak of memory, so this one stays small.
type filter struct {
	w    io.Writer
	line []byte // the start of one
	doc  []byte
}

func (f *filter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 {
			f.line = append(f.line, rest...)
			break
		}
		f.line = append(f.line, rest[:end]...)
		if bytes.HasPrefix(f.line, []byte("---")) {
			if err := f.pass(); err != nil {
				return 0, err
			}
		}
		f.doc = append(f.doc, f.line...)
		f.line, rest = f.line[:0], rest[end:]
	}
	return len(p), nil
}

func (f *filter) pass() error {
	doc := f.doc
	f.doc = f.doc[:0]
	if crd.Match(doc) {
		return nil
	}
	_, err := f.w.Write(doc)
	return err
}

func (f *filter) flush() error {
	f.doc = append(f.doc, f.line...)
	return f.pass()
}

var crd = regexp.MustCompile(`(?m)^\s*\{?["']?kind["']?: *["']?CustomResourceDefinition\b`)

// facts counts what an input holds.
type facts struct {
	bytes, parsed          int64
	objects, images, kinds int
}

// factsOf reads the input as sextant does.
func factsOf(file string) (facts, error) {
	f, err := os.Open(file)
	if err != nil {
		return facts{}, err
	}
	defer f.Close()
	var x facts
	kinds := map[string]bool{}
	plan, err := manifest.Scan(f, manifest.Options{
		File:    file,
		OnImage: func(*manifest.Image, string, bool) { x.images++ },
		OnObject: func(o manifest.Object) error {
			x.objects++
			kinds[o.APIVersion+" "+o.Kind] = true
			return nil
		},
	})
	if err != nil {
		return facts{}, err
	}
	x.bytes, x.parsed, x.kinds = plan.Size, plan.Parsed, len(kinds)
	return x, nil
}

// file writes the input to a file of the bench.
func (in *input) file(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(in.write(f), f.Close())
}
