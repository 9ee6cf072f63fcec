//go:build unix

package hub

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/test/fleet"
	"github.com/sextant-dev/sextant/internal/test/program"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

const (
	// size is the number of clusters, and page how many of them sextant asks for at once.
	size = 1000
	page = 500
	// rounds is how often each program runs. They take turns, so that what else the
	// machine does disturbs all of them alike.
	rounds = 20
	// notConnected is how the command exits, since some of the clusters are down.
	notConnected = 3
)

// baseVariable names another build of sextant to compare with.
const baseVariable = "SEXTANT_BASE"

// scripts read the fleet in different ways.
var scripts = []struct{ name, text string }{
	{"labels", "output('n', len(clusters(selector = 'env=prod')))\n"},
	{"status", "output('v', [c.status.version for c in clusters() if c.connected])\n"},
	{"images", "for c in clusters():\n    if c.connected:\n        output(c.name, c.image('example.com/api', tag = 'v1').cluster)\n"},
}

// BenchmarkScript runs scripts that read a thousand clusters, and one that reads none,
// and reports the least CPU time of each in milliseconds.
func BenchmarkScript(b *testing.B) {
	dir := b.TempDir()
	built, err := program.Build(dir, "cmd/sextant")
	if err != nil {
		b.Fatal(err)
	}
	programs := map[string]string{"": built}
	if base := os.Getenv(baseVariable); base != "" {
		programs["-base"] = base
	}
	kubeconfig := serve(b, dir)
	type key struct{ program, script string }
	took := map[key][]time.Duration{}
	for b.Loop() {
		for range rounds {
			for _, s := range scripts {
				file := filepath.Join(dir, s.name)
				if err := os.WriteFile(file, []byte(s.text), 0o600); err != nil {
					b.Fatal(err)
				}
				for name, path := range programs {
					cmd := exec.Command(path, "output", "--clusters-from", "kubernetes", "-f", file)
					cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
					var stderr strings.Builder
					cmd.Stdout, cmd.Stderr = io.Discard, &stderr
					if cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != notConnected {
						b.Fatalf("%s: %v: %s", s.name, cmd.ProcessState, stderr.String())
					}
					k := key{name, s.name}
					took[k] = append(took[k], cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
				}
			}
		}
	}
	b.ReportMetric(0, "ns/op") // that of all rounds means nothing
	for k, all := range took {
		b.ReportMetric(float64(slices.Min(all))/float64(time.Millisecond), k.script+k.program+"-CPU-ms")
	}
}

// serve serves a fleet as an API server does, compressed, and returns the kubeconfig.
func serve(b *testing.B, dir string) string {
	b.Helper()
	all := fleet.Clusters(size)
	var pages [][]byte
	for i := 0; i < size; i += page {
		list := cluster.NewList(all[i:min(i+page, size)])
		if i+page < size {
			list.Continue = fmt.Sprint(i/page + 1)
		}
		pages = append(pages, compressed(b, list))
	}
	lease := map[string]any{"spec": map[string]any{"renewTime": metav1.NewMicroTime(time.Now()), "leaseDurationSeconds": 3600}}
	server := faults.Serve(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/leases/sextant-fleet") {
			json.NewEncoder(w).Encode(lease)
			return
		}
		n := 0
		fmt.Sscan(r.FormValue("continue"), &n)
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		w.Write(pages[n])
	}))
	config := clientcmdapi.NewConfig()
	config.CurrentContext = "hub"
	config.Contexts["hub"] = &clientcmdapi.Context{Cluster: "hub", AuthInfo: "me", Namespace: "team"}
	config.Clusters["hub"] = &clientcmdapi.Cluster{Server: server.URL, CertificateAuthorityData: faults.Certificates(b).CA.PEM}
	config.AuthInfos["me"] = &clientcmdapi.AuthInfo{Token: faults.Token}
	path := filepath.Join(dir, "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		b.Fatal(err)
	}
	return path
}

// compressed is what an API server sends of a list.
func compressed(b *testing.B, list any) []byte {
	b.Helper()
	text, err := json.Marshal(list)
	if err != nil {
		b.Fatal(err)
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err == nil {
		_, err = w.Write(text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}
