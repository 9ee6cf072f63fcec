package execlog

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/sextant-dev/sextant/builtins"
)

// Replay answers from a recording. It may serve several runs, also at the same
// time.
type Replay struct {
	// Extensions is as in a [Recorder].
	Extensions string

	name     string
	programs []Program
	// written reports whether people wrote the recording: what an entry does not have of
	// the environment, it does not ask for.
	written bool

	mu   sync.Mutex
	used []bool
}

// NewReplay returns a replay of a recording. name is its file, for messages.
func NewReplay(name string, r *Recording) *Replay {
	return &Replay{name: name, programs: r.Programs, written: r.Kind == "", used: make([]bool, len(r.Programs))}
}

// Executor returns an executor for one run, which starts no program. root is the
// run's folder, absolute and slash-separated. What the programs printed to
// standard error goes to stderr, nil for nowhere.
func (r *Replay) Executor(root string, stderr io.Writer) builtins.Executor {
	p := &player{replay: r, stderr: stderr, programs: make([]Program, len(r.programs)), asked: make([]bool, len(r.programs))}
	for i, program := range r.programs {
		p.programs[i] = Program{program.question.mapStrings(withRoot(root, r.Extensions, "")), program.answer.mapStrings(withRoot(root, r.Extensions, ""))}
	}
	if root == "/" { // scripts that join it to a path have two slashes
		for _, program := range r.programs {
			p.slashed = append(p.slashed, program.question.mapStrings(withRoot(root, r.Extensions, "/")))
		}
	}
	return p
}

// Unused returns the commands of the entries that answered no run.
func (r *Replay) Unused() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var commands []string
	for i, used := range r.used {
		if !used {
			commands = append(commands, r.programs[i].command())
		}
	}
	return commands
}

func (r *Replay) use(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used[i] = true
}

// NotRecordedError reports a program that a recording has no answer of.
type NotRecordedError struct {
	// File is the recording, Command what was to run.
	File, Command string
	// Reason is why an entry that is nearly right is not, or empty.
	Reason string
}

func (e *NotRecordedError) Error() string {
	return fmt.Sprintf("%s has no answer to %s%s: record it with --allow-exec --record-exec %s", e.File, e.Command, e.Reason, e.File)
}

// player answers one run.
type player struct {
	replay   *Replay
	programs []Program // with the run's root in them
	slashed  []question
	stderr   io.Writer
	asked    []bool // which of programs
}

// Replays makes it a [builtins.Replayer].
func (p *player) Replays() {}

// Run answers a command.
func (p *player) Run(ctx context.Context, c builtins.Command) (builtins.Result, error) {
	if ctx.Err() != nil {
		return builtins.Result{}, context.Cause(ctx)
	}
	q := ask(c)
	entries, differing := p.matching(q)
	if len(entries) == 0 && p.replay.written {
		bare := q
		bare.Env, bare.Unset = nil, nil
		if entries, _ = p.matching(bare); len(entries) == 0 {
			bare.Namespace = ""
			entries, _ = p.matching(bare)
		}
	}
	if len(entries) == 0 {
		e := &NotRecordedError{File: p.replay.name, Command: q.command()}
		if differing != "" {
			e.Reason = " with this " + differing
		}
		return builtins.Result{}, e
	}
	next := entries[0]
	if len(entries) > 1 {
		i := slices.IndexFunc(entries, func(i int) bool { return !p.asked[i] })
		if i < 0 {
			return builtins.Result{}, &NotRecordedError{
				File: p.replay.name, Command: q.command(), Reason: fmt.Sprintf(" asked for the %dth time", len(entries)+1),
			}
		}
		next = entries[i]
	}
	p.asked[next] = true
	p.replay.use(next)
	a := p.programs[next]
	a.Stderr = a.Stderr[:min(len(a.Stderr), builtins.MaxStderr)]
	if p.stderr != nil && !c.Quiet {
		if _, err := io.WriteString(p.stderr, string(a.Stderr)); err != nil {
			return builtins.Result{}, err
		}
	}
	return builtins.Result{Stdout: []byte(a.Stdout), Stderr: []byte(a.Stderr), Status: a.ExitStatus}, nil
}

// matching returns the entries of a question. If there is none, differing is the part
// in which one of the same command differs.
func (p *player) matching(q question) (entries []int, differing string) {
	for i, program := range p.programs {
		part := program.differs(q)
		if part != "" && p.slashed != nil {
			part = p.slashed[i].differs(q)
		}
		switch part {
		case "":
			entries = append(entries, i)
		case "command":
		default:
			differing = part
		}
	}
	return entries, differing
}
