package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
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

// TestWatchMeanwhile: a file that changes while the script runs, after it was read, is
// read by another run, and a script that changes what it reads does not run for ever.
func TestWatchMeanwhile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("DOCKER_CONFIG", dir)
	replace := func(name, text string) {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Error(err)
		} else if err := os.Rename(file+".new", file); err != nil {
			t.Error(err)
		}
	}
	var questions atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/version" {
			http.NotFound(w, r)
			return
		}
		if n := questions.Add(1); n == 1 { // the script waits for this answer
			replace("names.txt", "a b")
		}
		fmt.Fprint(w, `{"gitVersion":"v1.36.3"}`)
	}))
	defer server.Close()
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: server.URL}
	config.AuthInfos["u"] = clientcmdapi.NewAuthInfo()
	for _, name := range []string{"a", "b"} {
		config.Contexts[name] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	}
	if err := clientcmd.WriteToFile(*config, "config"); err != nil {
		t.Fatal(err)
	}
	replace("names.txt", "a")
	replace("Clusterfile", `
print("evaluated")
for name in str(read_file("names.txt")).split():
    k8s_cluster(name)
if not k8s_cluster("a", name="first").connected:
    fail("no answer")
`)
	w := startWatch(t, "--kubeconfig", "config")
	added := map[string]bool{}
	for !added["b"] {
		select {
		case e := <-w.events:
			added[e.Object.Name] = true
		case <-time.After(60 * time.Second):
			t.Fatalf("b was not declared: %v", added)
		}
	}
	if n := strings.Count(w.errs.String(), "evaluated\n"); n != 2 {
		t.Errorf("evaluated %d times, want 2", n)
	}
}

// TestWatchRepeats counts the runs of a script that changes what it reads.
func TestWatchRepeats(t *testing.T) {
	root := fstest.MapFS{"n": &fstest.MapFile{Data: []byte("0")}}
	e := &evaluation{root: root, watcher: clusterwatch.New(clusterwatch.Options{})}
	run := func() {
		files := &readFiles{FS: root, hashes: map[string]string{}}
		if _, err := files.ReadFile("n"); err != nil {
			t.Fatal(err)
		}
		root["n"] = &fstest.MapFile{Data: append(root["n"].Data, '0')}
		e.note(files, nil)
	}
	runs := 0
	for n := 1; n < 10 && (runs == 0 || e.state(nil) != e.read); n++ {
		run()
		runs++
	}
	if runs != 2 {
		t.Errorf("it ran %d times, want 2", runs)
	}
}

// TestWatchTables: one table is for all events since the one before.
func TestWatchTables(t *testing.T) {
	var out bytes.Buffer
	p := &eventPrinter{app: &app{stdout: &out, raw: &out}, format: "table", watcher: clusterwatch.New(clusterwatch.Options{})}
	for range 2 {
		for _, name := range []string{"a", "b", "c"} {
			e := clusterwatch.Event{Type: clusterwatch.Added, Reason: "Connected"}
			e.Object.Name = name
			if err := p.event(e); err != nil {
				t.Fatal(err)
			}
		}
		if out.Len() > 0 {
			t.Errorf("before its time: %s", &out)
		}
		for range 2 {
			if err := p.table(); err != nil {
				t.Fatal(err)
			}
		}
		if lines, tables := strings.Count(out.String(), ": Connected\n"), strings.Count(out.String(), "\n\n"); lines != 3 || tables != 1 {
			t.Errorf("%d lines and %d tables:\n%s", lines, tables, &out)
		}
		out.Reset()
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
