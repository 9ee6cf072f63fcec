//go:build real

package realcluster

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// versionOf is what a server of the Docker API says about itself.
type versionOf struct{ Version, Arch, APIVersion string }

func TestDockerAPIs(t *testing.T) {
	t.Run("unix", func(t *testing.T) { checkVersion(t, real.Dockerd(t, "one").Host) })
	t.Run("second", func(t *testing.T) {
		first, second := real.Dockerd(t, "one"), real.Dockerd(t, "two")
		if first.Host == second.Host {
			t.Errorf("both are at %s", first.Host)
		}
		checkVersion(t, second.Host)
	})
	t.Run("podman", func(t *testing.T) { checkVersion(t, real.Podman(t).Host) })
	t.Run("tcp", func(t *testing.T) {
		daemon := real.Dockerd(t, "one")
		checkVersion(t, daemon.TCPHost, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+daemon.CertPath)
		if out, err := dockerVersion(t, daemon.TCPHost, "DOCKER_TLS_VERIFY="); err == nil {
			t.Errorf("a client without a certificate got %s", out)
		}
	})
	t.Run("ssh", func(t *testing.T) {
		server := real.SSH(t, real.Dockerd(t, "one"))
		checkVersion(t, server.Host, "PATH="+server.Bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	})
}

func checkVersion(t *testing.T, host string, env ...string) {
	t.Helper()
	out, err := dockerVersion(t, host, env...)
	if err != nil {
		t.Fatalf("docker version at %s: %v: %s", host, err, out)
	}
	var got versionOf
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatalf("docker version at %s: %v in %s", host, err, out)
	}
	if got.Version == "" || got.APIVersion == "" || got.Arch != runtime.GOARCH {
		t.Errorf("docker version at %s: got %+v", host, got)
	}
}

func dockerVersion(t *testing.T, host string, env ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", "version", "--format", "{{json .Server}}")
	cmd.Env = append(append(os.Environ(), "DOCKER_HOST="+host, "DOCKER_CONFIG="+t.TempDir()), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
