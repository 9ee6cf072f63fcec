package realcluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// Docker is a server of the Docker API.
type Docker struct {
	*Server
	// Host is unix://SOCKET, as DOCKER_HOST has it.
	Host string
	// TCPHost is tcp://127.0.0.1:PORT, which requires a certificate; ""
	// if it listens on its socket only.
	TCPHost string
	// CertPath is a folder with ca.pem, cert.pem and key.pem for TCPHost, as
	// DOCKER_CERT_PATH has it.
	CertPath string
}

func startDockerd(at place, name string) (*Docker, []*Server, error) {
	program, err := dockerd.Find()
	if err != nil {
		return nil, nil, err
	}
	// It starts these two by itself.
	_, noContainerd := containerd.Find()
	_, noRunc := runc.Find()
	if err := errors.Join(noContainerd, noRunc, needRoot("a Docker daemon")); err != nil {
		return nil, nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, nil, err
	}
	file, set := at.file, at.certs
	if err := errors.Join(
		os.Mkdir(file("certs"), 0o700),
		set.Server.Write(at.dir, "server.crt", "server.key"),
		set.Admin.Write(file("certs"), "cert.pem", "key.pem"),
		os.WriteFile(file("certs/ca.pem"), set.CA.PEM, 0o600),
		os.WriteFile(file("daemon.json"), []byte("{}"), 0o600),
	); err != nil {
		return nil, nil, fmt.Errorf("write what dockerd reads: %w", err)
	}
	daemon := &Docker{Host: "unix://" + file("docker.sock"), TCPHost: "tcp://" + addr, CertPath: file("certs")}
	cmd := exec.Command(program,
		"--config-file", file("daemon.json"), "--data-root", file("data"), "--exec-root", file("exec"), "--pidfile", file("pid"),
		"--bridge", "none", "--iptables=false", "--ip6tables=false",
		"-H", daemon.Host, "-H", daemon.TCPHost, "--tlsverify",
		"--tlscacert", file("certs/ca.pem"), "--tlscert", file("server.crt"), "--tlskey", file("server.key"))
	client, err := httpsClient(set, set.Admin)
	if err != nil {
		return nil, nil, err
	}
	onSocket := probeHTTP(socketClient(file("docker.sock")), "http://docker/_ping")
	onTCP := probeHTTP(client, "https://"+addr+"/_ping")
	daemon.Server, err = launch("dockerd "+name, file("log"), cmd, func(ctx context.Context) error {
		return errors.Join(onSocket(ctx), onTCP(ctx))
	})
	if err != nil {
		return nil, nil, err
	}
	return daemon, []*Server{daemon.Server}, nil
}
