package attack

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/localfile"
)

// Of files in KUBECONFIG that have entries of one name, the first counts, and
// counts whole; a file that is not there is passed over.
func TestKubeconfigList(t *testing.T) {
	var sent []string
	api := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/version" {
			sent = append(sent, r.Header.Get("Authorization"))
		}
		return false
	}})
	first, second := api.Kubeconfig(), api.Kubeconfig()
	first.CurrentContext = ""
	first.Contexts["test"].Namespace = "first"
	first.AuthInfos["test"] = &clientcmdapi.AuthInfo{Impersonate: "somebody"}
	second.Contexts["test"].Namespace = "second"
	second.AuthInfos["test"].Token = "the-token-of-the-second-file"
	second.Contexts["more"] = second.Contexts["test"]
	missing := filepath.Join(t.TempDir(), "missing")
	list := strings.Join([]string{"", missing, writeConfig(t, first), "", writeConfig(t, second), missing}, string(filepath.ListSeparator))
	r := kube.New(kube.Options{Env: []string{"KUBECONFIG=" + list}})
	defer r.Close()
	contexts, err := r.Contexts()
	if diff := cmp.Diff([]string{"more", "test"}, contexts); diff != "" || err != nil {
		t.Errorf("%v, contexts (-want +got):\n%s", err, diff)
	}
	obs := resolve(t, r, cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}, patience)
	if !obs.Status.Connected() || obs.Status.Connection.Kubernetes.Namespace != "first" {
		t.Errorf("%+v", obs.Status)
	}
	if diff := cmp.Diff([]string{""}, sent); diff != "" {
		t.Errorf("a user was put together of two files (-want +got):\n%s", diff)
	}
}

// Paths in a kubeconfig begin where the kubeconfig, or the link to it, is.
func TestKubeconfigPaths(t *testing.T) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{Token: "sixteen-or-more-bytes"})
	dir, links := t.TempDir(), t.TempDir()
	config := api.Kubeconfig()
	writeFile(t, string(config.Clusters["test"].CertificateAuthorityData), 0o600, dir, "certs", "ca.crt")
	writeFile(t, "sixteen-or-more-bytes\n", 0o600, dir, "token")
	config.Clusters["test"].CertificateAuthorityData, config.Clusters["test"].CertificateAuthority = nil, "certs/ca.crt"
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{TokenFile: "token"}
	file := filepath.Join(dir, "config")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(links, "config")
	for old, name := range map[string]string{file: link, filepath.Join(dir, "certs"): filepath.Join(links, "certs"), filepath.Join(dir, "token"): filepath.Join(links, "token")} {
		if err := os.Symlink(old, name); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{file, link} {
		r := kube.New(kube.Options{Kubeconfig: path, Env: []string{}})
		obs := resolve(t, r, cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}, patience)
		r.Close()
		if !obs.Status.Connected() {
			t.Errorf("%s: %s", path, obs.Status.Error)
		}
	}
}

// Many contexts are read in a time and in memory that are known. Ten thousand
// are, with the build tag long.
func TestKubeconfigManyContexts(t *testing.T) { manyContexts(t, 500) }

func manyContexts(t *testing.T, n int) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{})
	ca := base64.StdEncoding.EncodeToString(api.Kubeconfig().Clusters["test"].CertificateAuthorityData)
	var contexts, clusters, users strings.Builder
	for i := range n {
		fmt.Fprintf(&contexts, "- {name: c%d, context: {cluster: c%[1]d, user: c%[1]d}}\n", i)
		fmt.Fprintf(&clusters, "- {name: c%d, cluster: {server: %q, certificate-authority-data: %s}}\n", i, api.URL, ca)
		fmt.Fprintf(&users, "- {name: c%d, user: {token: token-%[1]d}}\n", i)
	}
	text := "contexts:\n" + contexts.String() + "clusters:\n" + clusters.String() + "users:\n" + users.String()
	path := writeFile(t, text, 0o600, t.TempDir(), "config")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	started := time.Now()
	r := kube.New(kube.Options{Kubeconfig: path, Env: []string{}})
	defer r.Close()
	names, err := r.Contexts()
	elapsed := time.Since(started)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if err != nil || len(names) != n {
		t.Fatalf("%d contexts, %v", len(names), err)
	}
	kept := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("%d contexts, %d KiB, read in %s, %d KiB kept, %d KiB allocated in all", n, len(text)>>10, elapsed, kept>>10, (after.TotalAlloc-before.TotalAlloc)>>10)
	if most := int64(n) * 10 << 10; kept > most {
		t.Errorf("%d bytes kept, want %d at most", kept, most)
	}
	// Eight times what a busy machine with one processor took.
	if most := patience + time.Duration(n)*25*time.Millisecond; elapsed > most {
		t.Errorf("read in %s, want %s at most", elapsed, most)
	}
	last := &cluster.KubernetesClusterConnection{Context: fmt.Sprintf("c%d", n-1)}
	if obs := resolve(t, r, cluster.ClusterConnection{Kubernetes: last}, patience); !obs.Status.Connected() {
		t.Error(obs.Status.Error)
	}
}

// A kubeconfig that changes while it is read is one of its versions, or an error
// that describes what is wrong.
func TestKubeconfigChanges(t *testing.T) {
	version := func(n int) []byte {
		config := clientcmdapi.NewConfig()
		for i := range 100 * (1 + n) {
			config.Contexts[fmt.Sprintf("v%d-%d", n, i)] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
		}
		text, err := clientcmd.Write(*config)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	versions := [][]byte{version(0), version(1)}
	inPlace := func(path string, text []byte) error { return os.WriteFile(path, text, 0o600) }
	renamed := func(path string, text []byte) error {
		if err := os.WriteFile(path+".new", text, 0o600); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}
	for name, write := range map[string]func(string, []byte) error{"in place": inPlace, "renamed": renamed} {
		t.Run(name, func(t *testing.T) {
			path := writeFile(t, string(versions[0]), 0o600, t.TempDir(), "config")
			ctx, cancel := context.WithCancel(t.Context())
			var writing sync.WaitGroup
			var slowest atomic.Int64
			writing.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					started := time.Now()
					if err := write(path, versions[i%2]); err != nil {
						t.Error(err)
						return
					}
					slowest.Store(max(slowest.Load(), int64(time.Since(started))))
				}
			})
			read := 0
			var torn []string
			for range 3 {
				r := kube.New(kube.Options{Kubeconfig: path, Env: []string{}})
				contexts, err := r.Contexts()
				r.Close()
				switch {
				case errors.Is(err, localfile.ErrChanging):
				case err != nil:
					torn = append(torn, err.Error())
				case len(contexts) != 100 && len(contexts) != 200:
					torn = append(torn, fmt.Sprintf("%d contexts", len(contexts)))
				default:
					read++
				}
			}
			cancel()
			writing.Wait()
			// A write in place that pauses for longer than a file has to hold
			// still looks like one that has ended.
			if slowest := time.Duration(slowest.Load()); len(torn) > 0 && (name == "renamed" || slowest < 20*time.Millisecond) {
				t.Errorf("%q, which no version has, and no write took more than %s", torn, slowest)
			}
			if name == "renamed" && read == 0 {
				t.Error("a file that is replaced whole was never read")
			}
		})
	}
}

// What a kubeconfig says about the way to a server is done.
func TestKubeconfigWays(t *testing.T) {
	var headers http.Header
	var serverName string
	api := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/version" {
			headers, serverName = r.Header.Clone(), sni(r.TLS)
		}
		return false
	}})
	config := api.Kubeconfig()
	config.Clusters["test"].TLSServerName = "kubernetes.default.svc"
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{
		Token: "t", Impersonate: "jane", ImpersonateUID: "7", ImpersonateGroups: []string{"a", "b"}, ImpersonateUserExtra: map[string][]string{"reason": {"test"}},
	}
	if obs := oneKube(t, config, patience); !obs.Status.Connected() || len(obs.Status.Warnings) > 0 {
		t.Fatalf("%+v", obs)
	}
	got := []string{serverName}
	for _, key := range []string{"Impersonate-User", "Impersonate-Uid", "Impersonate-Group", "Impersonate-Extra-Reason"} {
		got = append(got, strings.Join(headers.Values(key), ","))
	}
	if diff := cmp.Diff([]string{"kubernetes.default.svc", "jane", "7", "a,b", "test"}, got); diff != "" {
		t.Errorf("server name and impersonation (-want +got):\n%s", diff)
	}

	config = api.Kubeconfig()
	config.Clusters["test"].CertificateAuthorityData, config.Clusters["test"].InsecureSkipTLSVerify = nil, true
	obs := oneKube(t, config, patience)
	if !obs.Status.Connected() || !slices.ContainsFunc(obs.Status.Warnings, func(w string) bool { return strings.Contains(w, "insecure-skip-tls-verify") }) {
		t.Errorf("no warning: %+v", obs)
	}
}

func sni(state *tls.ConnectionState) string {
	if state == nil {
		return ""
	}
	return state.ServerName
}

// What is too large to be a kubeconfig is not read.
func TestKubeconfigHuge(t *testing.T) {
	path := writeFile(t, "", 0o600, t.TempDir(), "config")
	if err := os.Truncate(path, 1<<40); err != nil {
		t.Fatal(err)
	}
	r := kube.New(kube.Options{Kubeconfig: path, Env: []string{}})
	defer r.Close()
	if _, err := r.Contexts(); !errors.Is(err, localfile.ErrTooLarge) {
		t.Errorf("%v, want %v", err, localfile.ErrTooLarge)
	}
}
