package realcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/test/realcluster/process"
)

const (
	// startTimeout is how long a server may take until it answers.
	startTimeout = 3 * time.Minute
	// stopTimeout is how long a server may take to end before it is killed.
	stopTimeout = time.Minute
	// lingerTimeout is how long what a server leaves may take to end by itself.
	lingerTimeout = 10 * time.Second
	pollEvery     = 25 * time.Millisecond
)

// Server is a running server process.
type Server struct {
	// Name is what it is, such as "API server alpha".
	Name string
	// Log is the file that holds what it printed.
	Log string

	cmd *exec.Cmd
	// leaves is set for a server whose children are meant to survive it: it is
	// a path that their command lines mention.
	leaves string
	// before and after surround its end, if it has to be helped to leave
	// nothing behind. Either may be nil.
	before, after func() error
	exited        chan struct{} // closed when it has ended, for whatever reason
}

// launch starts a server and waits until probe returns no error. A server that
// never gets there is stopped.
func launch(name, log string, cmd *exec.Cmd, probe func(context.Context) error) (*Server, error) {
	s := &Server{Name: name, Log: log, cmd: cmd, exited: make(chan struct{})}
	out, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = attributes()

	started := make(chan error)
	go func() {
		defer close(s.exited)
		// The kernel ends the server together with the thread that started
		// it, so the thread must not end before.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := s.await(probe); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// await probes until there is no error, the server ends, or time is up.
func (s *Server) await(probe func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		last := probe(ctx)
		if last == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("%s ended before it answered: %s\n%s", s.Name, s.cmd.ProcessState, s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer after %s: %w\n%s", s.Name, startTimeout, last, s.logTail())
		case <-ticker.C:
		}
	}
}

// server is the process itself, of whatever handle.
func (s *Server) server() *Server { return s }

// PID is the process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Pause suspends the server: it keeps its connections and answers nothing,
// until resume is called or the test ends.
func (s *Server) Pause(t testing.TB) (resume func()) {
	t.Helper()
	if err := pause(s.PID()); err != nil {
		t.Fatal(err)
	}
	resume = sync.OnceFunc(func() {
		if err := unpause(s.PID()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(resume)
	return resume
}

// Stop ends the server and all that descends from it, and waits for it. A
// second call does nothing.
func (s *Server) Stop() error {
	select {
	case <-s.exited:
		return nil
	default:
	}
	var errs []error
	if s.before != nil {
		errs = append(errs, s.before())
	}
	errs = append(errs, s.end())
	if s.after != nil {
		errs = append(errs, s.after())
	}
	return errors.Join(errs...)
}

// end has the process and its family end.
func (s *Server) end() error {
	// Those who lose their parent cannot be found by it later.
	family, err := s.family()
	if err != nil {
		return fmt.Errorf("stop %s: %w", s.Name, err)
	}
	if err := terminate(s.PID()); err != nil {
		return fmt.Errorf("stop %s, process %d: %w", s.Name, s.PID(), err)
	}
	var late error
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
		late = fmt.Errorf("%s did not end within %s and was killed\n%s", s.Name, stopTimeout, s.logTail())
		if err := kill(s.PID()); err != nil {
			return errors.Join(late, err)
		}
		<-s.exited
	}
	return errors.Join(late, endAll(family))
}

// family is every process that the server started and that still runs.
func (s *Server) family() ([]process.Process, error) {
	family, err := process.Descendants(s.PID())
	if err != nil || s.leaves == "" {
		return family, err
	}
	left, err := process.Mentioning(s.leaves)
	for _, p := range left {
		children, err := process.Descendants(p.PID)
		if err != nil {
			return nil, err
		}
		family = append(family, children...)
		if p.PID != s.PID() {
			family = append(family, p)
		}
	}
	return family, err
}

// endAll kills those of the processes that still run, and waits until none does.
func endAll(processes []process.Process) error {
	deadline := time.Now().Add(stopTimeout)
	for {
		all, err := process.List()
		if err != nil {
			return err
		}
		// The command distinguishes a process from a later one with its id.
		left := slices.DeleteFunc(slices.Clone(processes), func(p process.Process) bool {
			return !slices.ContainsFunc(all, func(q process.Process) bool { return p.PID == q.PID && p.Command == q.Command })
		})
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("processes %v still run after they were killed", left)
		}
		for _, p := range left {
			kill(p.PID) // it may have ended meanwhile; the next look shows it
		}
		time.Sleep(pollEvery)
	}
}

// logTail is the end of what the server printed.
func (s *Server) logTail() string {
	data, err := os.ReadFile(s.Log)
	if err != nil {
		return err.Error()
	}
	return tail(data, 25)
}
