package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	clusterwatch "github.com/sextant-dev/sextant/cluster/watch"
	"github.com/sextant-dev/sextant/internal/atomicfile"
)

// watching is a `sextant watch` in the folder dir.
type watching struct {
	t      *testing.T
	events chan clusterwatch.Event
	errs   *lockedBuffer
}

// lockedBuffer collects what is written by several.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer // not embedded: its WriteString takes no lock
}

func (b *lockedBuffer) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(data)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

func startWatch(t *testing.T, args ...string) *watching {
	t.Helper()
	caught := make(chan struct{})
	close(caught)
	ctx, cancel := context.WithCancel(context.Background())
	w := &watching{t: t, events: make(chan clusterwatch.Event, 100), errs: &lockedBuffer{}}
	out, in := io.Pipe()
	var running sync.WaitGroup
	running.Go(func() {
		defer in.Close()
		run(ctx, caught, append([]string{"watch", "-o", "json"}, args...), in, w.errs)
	})
	running.Go(func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			var e clusterwatch.Event
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Errorf("%q: %v", lines.Text(), err)
			}
			w.events <- e
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
		if t.Failed() {
			t.Logf("standard error:\n%s", w.errs)
		}
	})
	return w
}

// want returns when the next event is this one: type, name, reason.
func (w *watching) want(text string) clusterwatch.Event {
	w.t.Helper()
	select {
	case e := <-w.events:
		if got := strings.Join([]string{string(e.Type), e.Object.Name, e.Reason}, " "); got != text {
			w.t.Fatalf("got %s (%s), want %s", got, e.Object.Status.Error, text)
		}
		return e
	case <-time.After(60 * time.Second):
		w.t.Fatalf("no event, want %s", text)
		return clusterwatch.Event{}
	}
}

// TestWatch: the script is evaluated again when what it read has changed, and not
// otherwise; what it no longer declares is deleted.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("DOCKER_CONFIG", dir)
	// A file that is being written would be another state of the files.
	write := func(name, text string) {
		t.Helper()
		if err := atomicfile.Write(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := clientcmdapi.NewConfig()
	for _, name := range []string{"a", "b"} {
		one := clustertest.NewKube(t, clustertest.KubeFacts{Name: name, Token: "secret"}).Kubeconfig()
		config.Contexts[name], config.Clusters[name], config.AuthInfos[name] = one.Contexts[name], one.Clusters[name], one.AuthInfos[name]
	}
	config.CurrentContext = "a"
	save := func() {
		t.Helper()
		data, err := clientcmd.Write(*config)
		if err != nil {
			t.Fatal(err)
		}
		write("config", string(data))
	}
	save()
	write("names.txt", "a")
	write("unread.txt", "")
	if err := os.Mkdir("folder", 0o700); err != nil {
		t.Fatal(err)
	}
	write("Clusterfile", `
print("evaluated")
for name in str(read_file("names.txt")).split():
    k8s_cluster(name)
a = k8s_cluster("a", name="observed")
if a.status.connection.kubernetes.cluster == "b":
    k8s_cluster("b", name="moved")
print(k8s_context())
`)
	evaluated := func(w *watching) int { return strings.Count(w.errs.String(), "evaluated\n") }

	w := startWatch(t, "--kubeconfig", "config")
	names := map[string]bool{}
	for range 2 {
		e := <-w.events
		names[e.Object.Name] = e.Type == clusterwatch.Added && e.Object.Status.Connected()
	}
	if !names["a"] || !names["observed"] {
		t.Fatalf("%v", names)
	}

	write("names.txt", "a b") // a file that it read
	w.want("ADDED b Connected")
	write("names.txt", "b")
	w.want("DELETED a Removed")
	if n := evaluated(w); n != 3 {
		t.Errorf("evaluated %d times, want 3", n)
	}

	write("Clusterfile", "k8s_cluster(") // a mistake: everything stays
	for !strings.Contains(w.errs.String(), "going on with the clusters declared before") {
		time.Sleep(50 * time.Millisecond) // the console has no other sign
	}
	write("Clusterfile", `
print("evaluated")
if listdir("folder"):
    k8s_cluster("b", name="listed")
a = k8s_cluster("a", name="observed")
if a.status.connection.kubernetes.cluster == "b":
    k8s_cluster("b", name="moved")
print(k8s_context())
`)
	w.want("DELETED b Removed")
	write("folder/file", "") // a folder that it read
	w.want("ADDED listed Connected")

	config.Contexts["a"].Cluster, config.Contexts["a"].AuthInfo = "b", "b" // a status that it read
	save()
	w.want("MODIFIED observed Replaced")
	w.want("ADDED moved Connected")
	before := evaluated(w)
	config.CurrentContext = "b" // what it read of the kubeconfig itself
	save()
	for deadline := time.Now().Add(60 * time.Second); evaluated(w) == before; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the script was not evaluated again after the current context changed")
		}
	}
	before = evaluated(w)
	write("unread.txt", "changed") // and what it did not read
	time.Sleep(3 * look)
	if n := evaluated(w); n != before {
		t.Errorf("evaluated %d times more although nothing that it read has changed", n-before)
	}
	select {
	case e := <-w.events:
		t.Errorf("an event too many: %s %s %s", e.Type, e.Object.Name, e.Reason)
	default:
	}
}

// TestWatchRefuses: what a watch cannot do is a mistake in the command line, and a
// script that fails at first ends it.
func TestWatchRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("KUBECONFIG", "/nonexistent")
	if err := os.WriteFile("Clusterfile", []byte("fail('no')\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	caught := make(chan struct{})
	close(caught)
	for _, tt := range []struct {
		args []string
		code int
		said string
	}{
		{[]string{"watch", "--clusters", "c.yaml"}, exitUsage, "watch connects to the clusters: leave --clusters out"},
		{[]string{"watch", "-o", "xml"}, exitUsage, "want one of table, json"},
		{[]string{"watch", "none"}, exitUsage, "no file none"},
		{[]string{"watch"}, exitScriptFailed, "no"},
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), caught, tt.args, &out, &errs); code != tt.code || !strings.Contains(errs.String(), tt.said) || out.Len() > 0 {
			t.Errorf("%q: %d, %s%s", tt.args, code, &out, &errs)
		}
	}
}
