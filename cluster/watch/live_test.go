package watch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// within is more than a report takes, on a busy machine too.
const within = time.Minute

// kubeconfigOf joins the kubeconfigs of servers, the first one's context current.
func kubeconfigOf(servers ...*clustertest.Kube) *clientcmdapi.Config {
	all := clientcmdapi.NewConfig()
	for _, s := range servers {
		one := s.Kubeconfig()
		for name := range one.Contexts {
			all.Contexts[name], all.Clusters[name], all.AuthInfos[name] = one.Contexts[name], one.Clusters[name], one.AuthInfos[name]
		}
		if all.CurrentContext == "" {
			all.CurrentContext = one.CurrentContext
		}
	}
	return all
}

func text(t *testing.T, config *clientcmdapi.Config) []byte {
	t.Helper()
	data, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// live follows a kubeconfig, and returns the events as they come.
func live(t *testing.T, file string, names ...string) (*Live, *Watcher, <-chan Event) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := NewLive(ctx, LiveOptions{
		Kube:   kube.Options{Kubeconfig: file, Env: []string{}},
		Docker: docker.Options{Env: []string{"DOCKER_CONFIG=" + filepath.Dir(file)}},
		Warn:   func(text string) { t.Log("warning: ", text) },
	})
	w := New(Options{Source: l})
	w.Set(declarations(names...))
	events := make(chan Event, 1000)
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	running.Go(func() {
		for e := range w.Events(ctx) {
			events <- e
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
		l.Close()
	})
	return l, w, events
}

// next returns the next event that there is in time.
func next(t *testing.T, events <-chan Event, limit time.Duration) Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(limit):
		t.Fatalf("no event within %s", limit)
	}
	return Event{}
}

// Those of a build with the tag real are more.
func TestKubeconfigEdits(t *testing.T) { testEdits(t, 20) }

// testEdits edits a kubeconfig, as editors, tools and crashes do. Every real
// change is reported in time, and nothing else ever is: no edit in progress looks
// like the deletion of a cluster.
func testEdits(t *testing.T, edits int) {
	var servers []*clustertest.Kube
	for i := range 4 {
		servers = append(servers, clustertest.NewKube(t, clustertest.KubeFacts{Name: fmt.Sprint("c", i), Version: fmt.Sprint("v1.", i), Token: "token"}))
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	config := kubeconfigOf(servers...)
	if err := os.WriteFile(file, text(t, config), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, events := live(t, file, "c0", "c1", "c2", "c3")
	for range servers {
		if e := next(t, events, within); e.Type != Added || !e.Object.Status.Connected() {
			t.Fatalf("%s %s %s", e.Type, e.Object.Name, e.Object.Status.Error)
		}
	}

	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	t.Logf("seed %d", seed)
	var slowest time.Duration
	for i := range edits {
		// Every third edit changes nothing: it is written again as it was.
		target := fmt.Sprint("c", random.IntN(len(servers)))
		changes := i%3 != 0
		if changes { // where the context leads
			other := config.Contexts[target].Cluster
			for other == config.Contexts[target].Cluster {
				other = fmt.Sprint("c", random.IntN(len(servers)))
			}
			config.Contexts[target].Cluster = other
		}
		how := writeAsToolsDo(t, random, file, text(t, config))
		written := time.Now()
		if !changes {
			continue
		}
		want := "v1." + strings.TrimPrefix(config.Contexts[target].Cluster, "c")
		e := next(t, events, within)
		if e.Type != Modified || e.Object.Name != target || e.Object.Status.Version != want {
			t.Fatalf("edit %d, %s: got %s %s of %s, %s %s, want %s of %s", i, how, e.Type, e.Reason, e.Object.Name, e.Object.Status.Version, e.Object.Status.Error, want, target)
		}
		slowest = max(slowest, time.Since(written))
	}
	t.Logf("the slowest of %d changes was reported after %s", edits, slowest.Round(time.Millisecond))

	// A context that is really removed is reported, too, and not as deleted: it is
	// still declared.
	delete(config.Contexts, "c0")
	config.CurrentContext = "c1"
	if err := os.WriteFile(file, text(t, config), 0o600); err != nil {
		t.Fatal(err)
	}
	e := next(t, events, within)
	if e.Type != Modified || e.Object.Name != "c0" || !strings.Contains(e.Object.Status.Error, `"c0"`) {
		t.Errorf("%s %s %s", e.Type, e.Object.Name, e.Object.Status.Error)
	}
	select {
	case e := <-events:
		t.Errorf("an event too many: %s %s %s %s", e.Type, e.Reason, e.Object.Name, e.Object.Status.Error)
	default:
	}
}

// writeAsToolsDo replaces a file in one of the ways that are seen in practice, and
// names it.
func writeAsToolsDo(t *testing.T, random *rand.Rand, file string, data []byte) string {
	t.Helper()
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	pause := func() { time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond) }
	switch random.IntN(5) {
	case 0: // kubectl, and editors that are careful
		other := file + ".lock"
		check(os.WriteFile(other, data, 0o600))
		check(os.Rename(other, file))
		return "renamed"
	case 1:
		check(os.WriteFile(file, data, 0o600))
		return "in place"
	case 2: // the file is empty for a while
		check(os.Truncate(file, 0))
		pause()
		check(os.WriteFile(file, data, 0o600))
		return "truncated"
	case 3: // removed for a while
		check(os.Remove(file))
		pause()
		check(os.WriteFile(file, data, 0o600))
		return "removed"
	}
	f, err := os.Create(file)
	check(err)
	for _, piece := range pieces(random, data) {
		_, err := f.Write(piece)
		check(err)
		pause()
	}
	check(f.Close())
	return "in pieces"
}

// pieces cuts a string after up to four of its lines.
func pieces(random *rand.Rand, data []byte) [][]byte {
	lines := bytes.SplitAfter(data, []byte("\n"))
	var out [][]byte
	for len(lines) > 0 && len(out) < 4 {
		n := 1 + random.IntN(len(lines))
		out = append(out, bytes.Join(lines[:n], nil))
		lines = lines[n:]
	}
	return append(out, bytes.Join(lines, nil))
}

// TestNewCredentials: a token that is replaced in the kubeconfig is used at once.
func TestNewCredentials(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{Name: "c0", Token: "good"})
	file := filepath.Join(t.TempDir(), "config")
	config := kubeconfigOf(server)
	config.AuthInfos["c0"].Token = "expired"
	if err := os.WriteFile(file, text(t, config), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, events := live(t, file, "c0")
	if e := next(t, events, within); e.Object.Status.Connected() || !strings.Contains(e.Object.Status.Error, "401") {
		t.Fatalf("%+v", e.Object.Status)
	}
	config.AuthInfos["c0"].Token = "good"
	if err := os.WriteFile(file, text(t, config), 0o600); err != nil {
		t.Fatal(err)
	}
	if e := next(t, events, within); e.Type != Modified || e.Reason != string(cluster.ChangeConnected) {
		t.Errorf("%s %s %s", e.Type, e.Reason, e.Object.Status.Error)
	}
}

// TestDockerContext: the daemon is another when the docker context is.
func TestDockerContext(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, version := range map[string]string{"one": "28.1", "two": "28.2"} {
		d := clustertest.NewDocker(t, clustertest.DockerFacts{Version: version, ID: name})
		write("contexts/meta/"+digestOf(name)+"/meta.json",
			fmt.Sprintf(`{"Name":%q,"Metadata":{},"Endpoints":{"docker":{"Host":%q,"SkipTLSVerify":false}}}`, name, d.Host()))
	}
	write("config.json", `{"currentContext":"one"}`)
	_, w, events := live(t, filepath.Join(dir, "kubeconfig"))
	w.Set([]cluster.Declaration{{Name: "docker", Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}}}}})
	if e := next(t, events, within); e.Object.Status.Version != "28.1" {
		t.Fatalf("%+v", e.Object.Status)
	}
	write("config.json", `{"currentCon`) // half-written: nothing happens
	time.Sleep(3 * settle)
	write("config.json", `{"currentContext":"two"}`)
	if e := next(t, events, within); e.Type != Modified || e.Reason != string(cluster.ChangeReplaced) || e.Object.Status.Version != "28.2" {
		t.Errorf("%s %s %+v", e.Type, e.Reason, e.Object.Status)
	}
}

// TestDockerContextUpdate: a stored context that is changed, or that is stored later,
// is noticed, and not only at the next probe.
func TestDockerContextUpdate(t *testing.T) {
	dir := t.TempDir()
	kubeconfig := filepath.Join(t.TempDir(), "config")
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	meta := "contexts/meta/" + digestOf("one") + "/meta.json"
	write("config.json", `{"currentContext":"one"}`)
	o := LiveOptions{Kube: kube.Options{Kubeconfig: kubeconfig, Env: []string{}}, Docker: docker.Options{Env: []string{"DOCKER_CONFIG=" + dir}}}
	l := NewLive(t.Context(), o)
	defer l.Close()
	for _, text := range []string{`{"Name":"one"}`, `{"Name":"one","Metadata":{}}`} {
		changed := l.Changed()
		write(meta, text)
		select {
		case <-changed:
		case <-time.After(within):
			t.Fatalf("%s was not noticed", text)
		}
	}
}

// TestDockerConfigurationInDoubt counts how often it must be found missing before that
// is believed. What is half-written never is.
func TestDockerConfigurationInDoubt(t *testing.T) {
	dir := t.TempDir()
	config, meta := filepath.Join(dir, "config.json"), filepath.Join(dir, "contexts", "meta", digestOf("one"), "meta.json")
	if err := os.MkdirAll(filepath.Dir(meta), 0o700); err != nil {
		t.Fatal(err)
	}
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(config, `{"currentContext":"one"}`)
	write(meta, `{"Name":"one"}`)
	l := &Live{changed: make(chan struct{})}
	l.options.Kube = kube.Options{Kubeconfig: filepath.Join(dir, "kubeconfig"), Env: []string{}}
	l.options.Docker = docker.Options{Env: []string{"DOCKER_CONFIG=" + dir}}
	l.loaded, _ = l.load(t.Context())
	l.docker, _ = dockerDigest(l.options.Docker)
	// looks is how often it is looked at until that is settled, and whether it has changed.
	looks := func() (n int, changed bool) {
		t.Helper()
		before := l.Changed()
		for n = 1; !l.take(t.Context()); n++ {
			if n > 10 {
				t.Fatal("it never settles")
			}
		}
		return n, before != l.Changed()
	}
	for _, tc := range []struct {
		name    string
		change  func()
		looks   int
		changed bool
	}{
		{"nothing", func() {}, 1, false},
		{"half a context", func() { write(meta, `{"Name":`) }, 1, false},
		{"an empty context", func() { write(meta, ``) }, 1, false},
		{"another context", func() { write(meta, `{"Name":"one","Metadata":{}}`) }, 1, true},
		{"half a configuration", func() { write(config, `{"currentCon`) }, 1, false},
		{"no configuration", func() { os.Remove(config) }, 1 + confirmations, true},
		{"a configuration again", func() { write(config, `{}`) }, 1, true},
	} {
		tc.change()
		if n, changed := looks(); n != tc.looks || changed != tc.changed {
			t.Errorf("%s: %d looks, changed %t, want %d, %t", tc.name, n, changed, tc.looks, tc.changed)
		}
	}
}

// TestBusyFolder: other files that change all the time do not keep a change of the
// kubeconfig from being seen.
func TestBusyFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config")
	server := clustertest.NewKube(t, clustertest.KubeFacts{Name: "c0"})
	config := kubeconfigOf(server)
	if err := os.WriteFile(file, text(t, config), 0o600); err != nil {
		t.Fatal(err)
	}
	l := NewLive(t.Context(), LiveOptions{
		Kube:   kube.Options{Kubeconfig: file, Env: []string{}},
		Docker: docker.Options{Env: []string{"DOCKER_CONFIG=" + t.TempDir()}},
	})
	defer l.Close()
	changed := l.Changed()
	config.Contexts["c0"].Namespace = "web"
	if err := os.WriteFile(file, text(t, config), 0o600); err != nil {
		t.Fatal(err)
	}
	busy := time.NewTicker(settle / 10)
	defer busy.Stop()
	for limit := time.After(within); ; {
		select {
		case <-changed:
			return
		case <-busy.C:
			if err := os.WriteFile(filepath.Join(dir, "other"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		case <-limit:
			t.Fatal("the change was not seen")
		}
	}
}

// digestOf is how docker names the folder of a context.
func digestOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:])
}
