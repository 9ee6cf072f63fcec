package kube_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// loadedText is a kubeconfig of two contexts.
const loadedText = `
current-context: a
contexts:
- {name: a, context: {cluster: c, user: u, namespace: web}}
- {name: b, context: {cluster: d, user: v}}
clusters:
- {name: c, cluster: {server: "https://c.test"}}
- {name: d, cluster: {server: "https://d.test"}}
users:
- {name: u, user: {token: t, username: me}}
- {name: v, user: {token: t}}
`

// load reads a kubeconfig that a file holds.
func load(t *testing.T, file, text string) *kube.Loaded {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := kube.Load(t.Context(), kube.Options{Kubeconfig: file, Env: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What was loaded stays as it was, for every resolver of it.
func TestLoaded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	l := load(t, file, loadedText)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if l.Contexts() != 2 {
		t.Errorf("%d contexts, want 2", l.Contexts())
	}
	for range 2 {
		r := kube.New(kube.Options{Loaded: l})
		defer r.Close()
		if name, namespace, err := r.CurrentContext(); name != "a" || namespace != "web" || err != nil {
			t.Errorf("%q, %q, %v", name, namespace, err)
		}
	}
}

func TestLoadFails(t *testing.T) {
	for _, tc := range []struct{ name, text string }{
		{"absent", ""},
		{"broken", "a: ["},
	} {
		file := filepath.Join(t.TempDir(), "config")
		if tc.text != "" {
			file = writeText(t, "config", tc.text)
		}
		l, err := kube.Load(t.Context(), kube.Options{Kubeconfig: file, Env: []string{}})
		if err == nil || l.Contexts() != 0 || l.Digest("") != "" {
			t.Errorf("%s: error %v, %d contexts, digest %q", tc.name, err, l.Contexts(), l.Digest(""))
			continue
		}
		obs := resolveWith(t, kube.Options{Loaded: l}, "", long)
		if obs.Status.Error != err.Error() {
			t.Errorf("%s: status.error %q, want %q", tc.name, obs.Status.Error, err)
		}
	}
}

func TestFiles(t *testing.T) {
	home := filepath.Join("home", ".kube", "config")
	list := "a" + string(filepath.ListSeparator) + string(filepath.ListSeparator) + "b" + string(filepath.ListSeparator) + "a"
	for _, tc := range []struct {
		name string
		o    kube.Options
		want []string
	}{
		{"named", kube.Options{Kubeconfig: "c", Env: []string{"KUBECONFIG=" + list}}, []string{"c"}},
		{"of the environment", kube.Options{Env: []string{"KUBECONFIG=" + list}}, []string{"a", "b"}},
		{"of the home folder", kube.Options{Env: []string{"HOME=home", "USERPROFILE=home"}}, []string{home}},
		{"none", kube.Options{Config: []byte{}, Kubeconfig: "c"}, nil},
	} {
		if diff := cmp.Diff(tc.want, kube.Files(tc.o)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
}

// TestChanges compares a kubeconfig with a later one in the same file.
func TestChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	before := load(t, file, loadedText)
	for _, tc := range []struct {
		name, old, with string
		same            []string // the contexts with the same entries
		lost            []string
	}{
		{"nothing", "", "", []string{"", "a", "b"}, nil},
		{"a comment", "users:", "# the users\nusers:", []string{"", "a", "b"}, nil},
		{"the current context", "current-context: a", "current-context: b", []string{"a", "b"}, nil},
		{"a namespace", "namespace: web", "namespace: api", []string{"b"}, nil},
		{"a server", "https://d.test", "https://e.test", []string{"", "a"}, nil},
		{"a token, of which one is gone", "{name: v, user: {token: t}}", "{name: v, user: {}}", []string{"", "a"}, []string{"b"}},
		{"a field that is gone", "{token: t, username: me}", "{token: t}", []string{"b"}, []string{"a"}},
		{"a user that is gone", "- {name: u, user: {token: t, username: me}}\n", "", []string{"b"}, []string{"a"}},
		{"a cluster that is gone", `- {name: d, cluster: {server: "https://d.test"}}` + "\n", "", []string{"", "a"}, []string{"b"}},
		{"a context that is gone", "- {name: b, context: {cluster: d, user: v}}\n", "", []string{"", "a"}, []string{"b"}},
		{"a context with less", ", namespace: web", "", []string{"b"}, []string{"a"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			after := load(t, file, strings.Replace(loadedText, tc.old, tc.with, 1))
			var same []string
			for _, name := range []string{"", "a", "b", "nowhere"} {
				if digest := before.Digest(name); digest != "" && digest == after.Digest(name) {
					same = append(same, name)
				}
			}
			if diff := cmp.Diff(tc.same, same); diff != "" {
				t.Errorf("digests (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.lost, before.Lost(after)); diff != "" {
				t.Errorf("lost (-want +got):\n%s", diff)
			}
			if equal := before.Fingerprint() == after.Fingerprint(); equal != (len(tc.same) == 3) {
				t.Errorf("fingerprints are equal: %t", equal)
			}
		})
	}
}

// What a kubeconfig has, without a connection.
func TestKubeconfigAlone(t *testing.T) {
	text := `
current-context: Kind_B
contexts:
- {name: Kind_B, context: {cluster: kind-b, user: u, namespace: web}}
- {name: a, context: {cluster: c, user: v}}
- {name: gone, context: {cluster: none, user: v}}
clusters:
- {name: kind-b, cluster: {server: "https://b.test:6443", proxy-url: "http://proxy.test:3128"}}
- {name: c, cluster: {server: "https://10.0.0.1"}}
users:
- {name: u, user: {token: t}}
- {name: v, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never}}}
`
	r := kube.New(kube.Options{Kubeconfig: writeText(t, "config", text), Env: []string{}})
	defer r.Close()
	if err := r.Knows(request("x")); err != nil {
		t.Errorf("Knows: %v", err)
	}
	if name, product, err := r.CurrentProduct(); name != "Kind_B" || product != "kind" || err != nil {
		t.Errorf("CurrentProduct: %q, %q, %v", name, product, err)
	}
	want := []cluster.Declaration{}
	for _, d := range [][2]string{{"a", "a"}, {"gone", "gone"}, {"kind-b", "Kind_B"}} {
		want = append(want, cluster.Declaration{Name: d[0], Spec: cluster.ClusterSpec{Connection: request(d[1]).Connection}})
	}
	fleet, err := r.Fleet()
	if diff := cmp.Diff(want, fleet); diff != "" || err != nil {
		t.Errorf("Fleet: %v (-want +got):\n%s", err, diff)
	}
	for name, want := range map[string]kube.Reach{
		"":  {Hosts: []string{"b.test", "proxy.test"}},
		"a": {Hosts: []string{"10.0.0.1"}, Plugin: true},
	} {
		got, err := r.Reach(t.Context(), name)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Reach of %q: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if _, err := r.Reach(t.Context(), "gone"); err == nil {
		t.Error("Reach of a context without its cluster: no error")
	}
}

func TestKubeconfigAloneIsAbsentOrBroken(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		fails      bool
	}{
		{"empty", "contexts: []", false},
		{"a current context that is gone", "current-context: a\ncontexts: [{name: b, context: {cluster: c, user: u}}]", false},
		{"broken", "a: [", true},
	} {
		r := kube.New(kube.Options{Kubeconfig: writeText(t, "config", tc.text), Env: []string{}})
		defer r.Close()
		if name, product, err := r.CurrentProduct(); name != "" || product != "" || (err != nil) != tc.fails {
			t.Errorf("%s: CurrentProduct: %q, %q, %v", tc.name, name, product, err)
		}
	}
	r := kube.New(kube.Options{Kubeconfig: writeText(t, "config", "a: ["), Env: []string{}})
	defer r.Close()
	if fleet, err := r.Fleet(); err == nil {
		t.Errorf("Fleet of a broken kubeconfig: %v", fleet)
	}
}
