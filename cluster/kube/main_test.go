package kube_test

import (
	"context"
	"io"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// real is where the tests with the build tag real get their API servers.
var real = realcluster.New()

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // net/http logs what servers send unasked
	goleak.VerifyTestMain(real.Around(m))
}

// long is more than anything takes that ends by itself, on a busy machine too.
const long = time.Minute

// resolve resolves one context by way of a Resolver of its own.
func resolve(t testing.TB, config *clientcmdapi.Config, deadline time.Duration) cluster.Observation {
	t.Helper()
	return resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: []string{}}, "", deadline)
}

func resolveWith(t testing.TB, o kube.Options, kubeContext string, deadline time.Duration) cluster.Observation {
	t.Helper()
	r := kube.New(o)
	defer r.Close()
	return resolveOn(t, r, kubeContext, deadline)
}

func resolveOn(t testing.TB, r *kube.Resolver, kubeContext string, deadline time.Duration) cluster.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	return resolveIn(ctx, t, r, kubeContext)
}

// expiresAt returns a context that ends after long, or if reached is set, soon after it
// reports true.
func expiresAt(t testing.TB, reached func() bool) context.Context {
	t.Helper()
	if reached != nil {
		return faults.Expiring(t, reached)
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	t.Cleanup(cancel)
	return ctx
}

// noneLeft waits for the goroutines to end that were started after before: those of
// the server do so when they get their turn.
func noneLeft(t testing.TB, before goleak.Option) {
	t.Helper()
	for stop := time.Now().Add(long); ; {
		err := goleak.Find(before)
		if err == nil {
			return
		}
		if time.Now().After(stop) {
			t.Error(err)
			return
		}
	}
}

func resolveIn(ctx context.Context, t testing.TB, r *kube.Resolver, kubeContext string) cluster.Observation {
	t.Helper()
	obs, err := r.Resolve(ctx, request(kubeContext))
	if err != nil {
		t.Fatal(err)
	}
	return obs
}

func request(kubeContext string) cluster.Request {
	return cluster.Request{Name: "test", Connection: cluster.ClusterConnection{
		Kubernetes: &cluster.KubernetesClusterConnection{Context: kubeContext},
	}}
}

// write writes a kubeconfig and returns its path.
func write(t testing.TB, config *clientcmdapi.Config) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeText writes a file and returns its path.
func writeText(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// configFor is a kubeconfig for a server whose certificate the test CA signed:
// context ctx, cluster prod, user me.
func configFor(t testing.TB, server string) *clientcmdapi.Config {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.CurrentContext = "ctx"
	config.Contexts["ctx"] = &clientcmdapi.Context{Cluster: "prod", AuthInfo: "me"}
	config.Clusters["prod"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: faults.Certificates(t).CA.PEM}
	config.AuthInfos["me"] = &clientcmdapi.AuthInfo{Token: faults.Token}
	return config
}

var (
	length   = regexp.MustCompile(`after \d+ bytes`)
	hostPort = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	tempPath = regexp.MustCompile(`/[^ "]*/(\d{3})/`)
	osError  = strings.NewReplacer("The system cannot find the file specified.", "no such file or directory")
)

// masked replaces what differs from run to run: addresses by ADDR, folders by
// DIR, times by TIME, lengths by N.
func masked(text string) string {
	text = length.ReplaceAllString(text, "after N bytes")
	text = hostPort.ReplaceAllString(text, "ADDR")
	return osError.Replace(tempPath.ReplaceAllString(text, "DIR/"))
}
