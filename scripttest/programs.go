package scripttest

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/execlog"
)

// programs is an exec.yaml, with no replay if there is none.
type programs struct {
	path   string      // in the store
	users  []*testCase // those that it answers
	once   sync.Once
	err    error
	replay *execlog.Replay
}

// load reads the recording the first time it is called.
func (p *programs) load(s store) error {
	p.once.Do(func() {
		data, err := s.read(p.path)
		if err == nil {
			var recorded *execlog.Recording
			if recorded, err = execlog.Parse(p.path, data); err == nil {
				p.replay = execlog.NewReplay(p.path, recorded)
				p.replay.Extensions = "/@ext" // below the root of a test, as its scripts see it
			}
		}
		if !errors.Is(err, fs.ErrNotExist) {
			p.err = err
		}
	})
	return p.err
}

// executor answers one run, whose programs print to stderr.
func (p *programs) executor(stderr io.Writer) builtins.Executor {
	if p.replay == nil {
		return nil
	}
	return p.replay.Executor("/", stderr)
}

// unread reports what no test runs.
func (p *programs) unread() error {
	if p.replay == nil {
		return nil
	}
	if commands := p.replay.Unused(); len(commands) > 0 {
		return errors.New(p.path + " records what no test runs: " + strings.Join(commands, "; ") + "; remove it there, or record again")
	}
	return nil
}
