//go:build real && linux

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster/watch"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// lineWriter sends the lines that are written, each of which comes in one piece.
type lineWriter chan string

func (w lineWriter) Write(data []byte) (int, error) {
	for line := range strings.Lines(string(data)) {
		w <- line
	}
	return len(data), nil
}

// A real API server that stops, comes back, and is replaced in the kubeconfig: one
// line each, in time, and no other.
func TestWatchRealServers(t *testing.T) {
	site := realcluster.Start(t)
	one, two := site.APIServer(t, "one"), site.APIServer(t, "two")
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	replace := func(api *realcluster.APIServer) {
		t.Helper()
		if err := os.Rename(realcluster.Kubeconfig(t, api.Context("dev", realcluster.AdminByToken)), kubeconfig); err != nil {
			t.Fatal(err)
		}
	}
	replace(one)
	dir := script(t, "k8s_cluster(\"dev\")\n")
	lines := make(lineWriter, 100)
	r := start(t, invocation{
		args: []string{"watch", "-o", "json", "--timeout", "5s"}, dir: dir,
		env: []string{"KUBECONFIG=" + kubeconfig}, stdout: lines,
	})
	// next waits for a line and returns its object.
	next := func(within time.Duration, want string) watch.Event {
		t.Helper()
		began := time.Now()
		select {
		case line := <-lines:
			var e watch.Event
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
			got := string(e.Type) + " " + e.Reason
			t.Logf("%s after %s: %s", got, time.Since(began).Round(time.Millisecond), e.Object.Status.Error)
			if got != want {
				t.Fatalf("%s, want %s: %s", got, want, line)
			}
			return e
		case <-time.After(within):
			t.Fatalf("no line within %s, want %s\n%s", within, want, r.stderr.String())
			return watch.Event{}
		}
	}
	first := next(30*time.Second, "ADDED Connected").Object
	if err := one.Stop(); err != nil {
		t.Fatal(err)
	}
	down := next(45*time.Second, "MODIFIED Disconnected").Object
	if !strings.Contains(down.Status.Error, "connection refused") || down.Status.Identity != first.Status.Identity {
		t.Errorf("down: %+v", down.Status)
	}
	one.Restart(t)
	back := next(60*time.Second, "MODIFIED Connected").Object
	if !back.Status.ConnectedAt.Equal(first.Status.ConnectedAt) || back.Status.Identity != first.Status.Identity {
		t.Errorf("back: %+v, first %+v", back.Status, first.Status)
	}
	replace(two)
	other := next(20*time.Second, "MODIFIED Replaced").Object
	if other.Status.Endpoint != two.URL || other.Status.Identity == first.Status.Identity {
		t.Errorf("replaced: %+v", other.Status)
	}
	r.signal(t, os.Interrupt)
	if ended := r.wait(t); ended.code != 130 {
		t.Errorf("exit code %d after an interrupt:\n%s", ended.code, ended.stderr)
	}
}
