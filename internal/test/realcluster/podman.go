package realcluster

import (
	"fmt"
	"os"
	"os/exec"
)

func startPodman(at place) (*Docker, []*Server, error) {
	program, err := podman.Find()
	if err != nil {
		return nil, nil, err
	}
	if err := needRoot("podman with storage of its own"); err != nil {
		return nil, nil, err
	}
	file := at.file
	if err := os.WriteFile(file("registries.conf"), []byte("unqualified-search-registries = []\n"), 0o600); err != nil {
		return nil, nil, fmt.Errorf("write what podman reads: %w", err)
	}
	cmd := exec.Command(program,
		"--root", file("storage"), "--runroot", file("run"), "--tmpdir", file("tmp"), "--storage-driver", "vfs",
		"--cgroup-manager", "cgroupfs", "--events-backend", "file",
		"system", "service", "--time", "0", "unix://"+file("podman.sock"))
	cmd.Dir = at.dir
	cmd.Env = append(os.Environ(), "HOME="+at.dir, "CONTAINERS_REGISTRIES_CONF="+file("registries.conf"))
	server, err := launch("podman", file("log"), cmd, probeHTTP(socketClient(file("podman.sock")), "http://podman/_ping"))
	if err != nil {
		return nil, nil, err
	}
	return &Docker{Server: server, Host: "unix://" + file("podman.sock")}, []*Server{server}, nil
}
