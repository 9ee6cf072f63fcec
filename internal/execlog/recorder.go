package execlog

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/sextant-dev/sextant/builtins"
)

// Recorder runs programs by another executor and records their answers. It may be
// used by several goroutines.
type Recorder struct {
	// Extensions is the absolute, slash-separated path of the checkout of extensions
	// of Tiltfiles, empty for none. It is set before the first program.
	Extensions string

	next  builtins.Executor
	roots []string

	mu        sync.Mutex
	recording Recording
	size      int
}

var _ builtins.Executor = (*Recorder)(nil)

// NewRecorder returns a recorder of the programs that next runs. The roots are the
// absolute, slash-separated paths of the folder that commands are below: one, and
// others that lead there by links.
func NewRecorder(next builtins.Executor, roots ...string) *Recorder {
	return &Recorder{next: next, roots: roots}
}

// Run runs the program. One that could not be run is not recorded.
func (r *Recorder) Run(ctx context.Context, c builtins.Command) (builtins.Result, error) {
	result, err := r.next.Run(ctx, c)
	if err != nil {
		return result, err
	}
	mark := withoutRoots(r.roots, r.Extensions)
	p := Program{
		question: ask(c).mapStrings(mark),
		answer:   answer{Stdout: text(result.Stdout), Stderr: text(result.Stderr), ExitStatus: result.Status}.mapStrings(mark),
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size += p.size() + len(p.Stdout) + len(p.Stderr)
	switch {
	case r.size > maxSize:
		return result, fmt.Errorf("cannot record %s: over the limit of %d bytes for a recording", c.Args[0], maxSize)
	case len(r.recording.Programs) == MaxPrograms:
		return result, fmt.Errorf("cannot record %s: over the limit of %d for programs", c.Args[0], MaxPrograms)
	}
	r.recording.Programs = append(r.recording.Programs, p)
	return result, nil
}

// Recording returns what was recorded. Of a question whose answers were all the
// same it has one.
func (r *Recorder) Recording() *Recording {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := &Recording{}
	for i, p := range r.recording.Programs {
		first := slices.IndexFunc(r.recording.Programs, func(o Program) bool { return o.differs(p.question) == "" })
		if first == i || !r.constant(p) {
			out.Programs = append(out.Programs, p)
		}
	}
	return out
}

// constant reports whether every answer to the question of p is that of p.
func (r *Recorder) constant(p Program) bool {
	return !slices.ContainsFunc(r.recording.Programs, func(o Program) bool {
		return o.differs(p.question) == "" && o.answer != p.answer
	})
}
