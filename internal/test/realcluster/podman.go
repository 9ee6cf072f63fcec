package realcluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Podman returns Podman's service of the Docker API, on a unix socket, with
// storage of its own.
func (s *Site) Podman(t testing.TB) *Docker {
	t.Helper()
	return ask(t, s, "podman", s.startPodman)
}

func (s *Site) startPodman(dir string) (*Docker, []*Server, error) {
	program, err := podman.Find()
	if err != nil {
		return nil, nil, err
	}
	if err := needRoot("podman with storage of its own"); err != nil {
		return nil, nil, err
	}
	file := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(file("registries.conf"), []byte("unqualified-search-registries = []\n"), 0o600); err != nil {
		return nil, nil, fmt.Errorf("write what podman reads: %w", err)
	}
	cmd := exec.Command(program,
		"--root", file("storage"), "--runroot", file("run"), "--tmpdir", file("tmp"), "--storage-driver", "vfs",
		"--cgroup-manager", "cgroupfs", "--events-backend", "file",
		"system", "service", "--time", "0", "unix://"+file("podman.sock"))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "CONTAINERS_REGISTRIES_CONF="+file("registries.conf"))
	server, err := launch("podman", file("log"), cmd, probeHTTP(socketClient(file("podman.sock")), "http://podman/_ping"))
	if err != nil {
		return nil, nil, err
	}
	return &Docker{Server: server, Host: "unix://" + file("podman.sock")}, []*Server{server}, nil
}
