//go:build unix

package realcluster

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/realcluster/process"
)

// sham starts a shell script as a server; it answers once it has made the file
// that it gets as $1.
func sham(t *testing.T, script string) (*Server, error) {
	t.Helper()
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	cmd := exec.Command("sh", "-c", script, "sham", ready)
	return launch("sham", filepath.Join(dir, "log"), cmd, func(context.Context) error {
		_, err := os.Stat(ready)
		return err
	})
}

func TestStopEndsTheFamily(t *testing.T) {
	// The child outlives a polite end of its parent, and ignores one itself.
	s, err := sham(t, `(trap '' TERM; sleep 3600) & echo up; : >"$1"; wait`)
	if err != nil {
		t.Fatal(err)
	}
	family, err := process.Descendants(s.PID())
	if err != nil || len(family) == 0 {
		t.Fatalf("the server has the family %v, %v", family, err)
	}
	if s.logTail() != "up" {
		t.Errorf("the log is %q", s.logTail())
	}
	for range 2 {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}
	all, err := process.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.PID == s.PID() || slices.Contains(family, p) {
			t.Errorf("%+v still runs", p)
		}
	}
}

func TestStopCallsBeforeAndAfter(t *testing.T) {
	s, err := sham(t, `: >"$1"; exec sleep 3600`)
	if err != nil {
		t.Fatal(err)
	}
	var calls []bool
	note := func() error {
		running, err := process.Running(s.PID())
		calls = append(calls, running)
		return errors.Join(err, errors.New("noted"))
	}
	s.before, s.after = note, note
	if err := s.Stop(); err == nil || strings.Count(err.Error(), "noted") != 2 {
		t.Errorf("got %v", err)
	}
	if !slices.Equal(calls, []bool{true, false}) {
		t.Errorf("the server ran during the calls: %v", calls)
	}
}

// A server that ends before it answers is an error that shows what it printed.
func TestServerThatEnds(t *testing.T) {
	_, err := sham(t, "echo no such flag >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "no such flag") {
		t.Errorf("got %v", err)
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	cmd := exec.Command(filepath.Join(t.TempDir(), "none"))
	_, err := launch("sham", filepath.Join(t.TempDir(), "log"), cmd, func(context.Context) error { return nil })
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// shamTest is a test whose servers are not real ones, and do not count as such.
type shamTest struct{ testing.TB }

func (shamTest) Attr(string, string) {}

// A Site that is asked twice returns one server; what failed once fails for all.
func TestAsk(t *testing.T) {
	site := New()
	started := 0
	start := func(place) (*Etcd, []*Server, error) {
		started++
		s, err := sham(t, `: >"$1"; exec sleep 3600`)
		return &Etcd{Server: s}, []*Server{s}, err
	}
	first, second := ask(shamTest{t}, site, "one", start), ask(shamTest{t}, site, "one", start)
	if first != second || started != 1 {
		t.Errorf("got %p and %p after %d starts", first, second, started)
	}
	dir := site.dir
	if err := site.Close(); err != nil {
		t.Error(err)
	}
	if running, err := process.Running(first.PID()); err != nil || running {
		t.Errorf("after Close the server runs: %t, %v", running, err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after Close the folder is there: %v", err)
	}
	if err := site.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}
