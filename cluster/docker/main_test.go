package docker

import (
	"context"
	"io"
	"log"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/cluster"
)

// bridgeTo puts this test binary in the place of ssh: it joins its standard streams to
// the socket that the variable names.
const bridgeTo = "SEXTANT_TEST_BRIDGE_TO"

func TestMain(m *testing.M) {
	if socket := os.Getenv(bridgeTo); socket != "" {
		bridge(socket)
		return
	}
	log.SetOutput(io.Discard) // net/http logs what servers send unasked
	goleak.VerifyTestMain(m)
}

func bridge(socket string) {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	go func() {
		io.Copy(conn, os.Stdin)
		os.Exit(0)
	}()
	io.Copy(os.Stdout, conn)
}

// patience is more than any answer on loopback takes.
const patience = time.Minute

// resolve observes a host in an environment.
func resolve(t *testing.T, timeout time.Duration, host string, env ...string) cluster.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	if env == nil {
		env = []string{"HOME=" + t.TempDir()}
	}
	return resolveIn(ctx, t, host, env...)
}

func resolveIn(ctx context.Context, t *testing.T, host string, env ...string) cluster.Observation {
	t.Helper()
	obs, err := New(Options{Env: env}).Resolve(ctx, cluster.Request{
		Name:       "docker",
		Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{Host: host}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return obs
}

// connected fails the test where the daemon did not answer.
func connected(t *testing.T, obs cluster.Observation) cluster.Observation {
	t.Helper()
	if !obs.Status.Connected() {
		t.Fatalf("not connected: %s", obs.Status.Error)
	}
	return obs
}

// failure is status.error with what differs from run to run replaced: the time
// by T, each old string by the new one that follows it.
func failure(obs cluster.Observation, oldnew ...string) string {
	return strings.NewReplacer(oldnew...).Replace(obs.Status.Error)
}

func writeFile(t *testing.T, text string, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return file
}
