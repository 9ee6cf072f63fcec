package realcluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// SecondName is the name by which nodes know the Site's registry, beside
// localhost:PORT. No DNS server knows it.
const SecondName = "in-cluster.test:5000"

// startContainerd starts a container runtime for a kubelet. Every sandbox of a
// pod is made of the image sandbox.
func startContainerd(dir string, registry *Registry, sandbox string) (server *Server, socket string, err error) {
	program, noContainerd := containerd.Find()
	_, noRunc := runc.Find()
	_, noLoopback := loopback.Find()
	if err := errors.Join(noContainerd, noRunc, noLoopback); err != nil {
		return nil, "", err
	}
	socket = filepath.Join(dir, "containerd.sock")
	hosts := filepath.Join(dir, "certs.d", SecondName)
	config := filepath.Join(dir, "config.toml")
	if err := errors.Join(
		os.MkdirAll(hosts, 0o755),
		os.WriteFile(filepath.Join(hosts, "hosts.toml"), fmt.Appendf(nil, "server = %q\n[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", registry.URL, registry.URL), 0o600),
		os.MkdirAll(filepath.Join(dir, "cni"), 0o755),
		os.WriteFile(filepath.Join(dir, "cni", "10-loopback.conflist"), []byte(`{"cniVersion":"0.4.0","name":"loopback","plugins":[{"type":"loopback"}]}`), 0o600),
		os.WriteFile(config, []byte(containerdConfig(dir, socket, sandbox)), 0o600),
	); err != nil {
		return nil, "", fmt.Errorf("write what containerd reads: %w", err)
	}
	server, err = launch("containerd", filepath.Join(dir, "log"), exec.Command(program, "--config", config), func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		conn, err := new(net.Dialer).DialContext(ctx, "unix", socket)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err != nil {
		return nil, "", err
	}
	// The shims that watch containers run on without containerd, and name its
	// socket on their command lines.
	server.leaves = socket
	return server, socket, nil
}

func containerdConfig(dir, socket, sandbox string) string {
	return fmt.Sprintf(`version = 2
root = "%[1]s/root"
state = "%[1]s/state"
[grpc]
  address = %[2]q
[plugins."io.containerd.internal.v1.opt"]
  path = "%[1]s/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %[3]q
  disable_tcp_service = true
  # Where CAP_SYS_RESOURCE is missing, a sandbox cannot get a score of -998.
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = %[4]q
    conf_dir = "%[1]s/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "%[1]s/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`, dir, socket, sandbox, cniFolder)
}
