package realcluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
)

// SSH is an SSH server that lets the user of this process in, by a key of its
// own, to reach one Docker daemon.
type SSH struct {
	*Server
	// Host is ssh://USER@127.0.0.1:PORT, as DOCKER_HOST has it.
	Host string
	// Bin is a folder to put first in PATH. The ssh in it knows the key and
	// the server.
	Bin string
}

func startSSH(at place, daemon *Docker) (*SSH, []*Server, error) {
	server, noServer := sshd.Find()
	client, noClient := ssh.Find()
	keygen, noKeygen := sshKeygen.Find()
	_, noDocker := docker.Find()
	if err := errors.Join(noServer, noClient, noKeygen, noDocker); err != nil {
		return nil, nil, err
	}
	me, err := user.Current()
	if err != nil {
		return nil, nil, fmt.Errorf("ask who this is: %w", err)
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, nil, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, fmt.Errorf("find a free port: %w", err)
	}
	if err := writeSSHFiles(at, keygen, client, addr, port, daemon.Host); err != nil {
		return nil, nil, err
	}
	one := &SSH{Host: fmt.Sprintf("ssh://%s@%s", me.Username, addr), Bin: at.file("bin")}
	cmd := exec.Command(server, "-D", "-e", "-f", at.file("sshd_config"))
	one.Server, err = launch("sshd for "+daemon.Name, at.file("log"), cmd, func(ctx context.Context) error {
		out, err := exec.CommandContext(ctx, filepath.Join(one.Bin, "ssh"), "-p", port, me.Username+"@127.0.0.1", "true").CombinedOutput()
		if err != nil {
			return fmt.Errorf("ssh: %w: %s", err, tail(out, 3))
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return one, []*Server{one.Server}, nil
}

func writeSSHFiles(at place, keygen, client, addr, port, dockerHost string) error {
	file := at.file
	for _, key := range []string{"host", "id"} {
		if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "", "-C", key, "-f", file(key)).CombinedOutput(); err != nil {
			return fmt.Errorf("make an SSH key: %w: %s", err, tail(out, 3))
		}
	}
	host, noHost := os.ReadFile(file("host.pub"))
	id, noID := os.ReadFile(file("id.pub"))
	if err := errors.Join(noHost, noID); err != nil {
		return fmt.Errorf("read an SSH key: %w", err)
	}
	server := strings.Join([]string{
		"ListenAddress " + addr,
		"HostKey " + file("host"),
		"PidFile " + file("pid"),
		"AuthorizedKeysFile " + file("authorized_keys"),
		// The folder is below /tmp, which everybody may write to.
		"StrictModes no",
		"UsePAM no",
		"PasswordAuthentication no",
		"PermitRootLogin prohibit-password",
		"MaxStartups 100",
		"MaxSessions 100",
		"SetEnv DOCKER_HOST=" + dockerHost + " PATH=/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin",
	}, "\n")
	clients := strings.Join([]string{
		"Host 127.0.0.1",
		"IdentityFile " + file("id"),
		"IdentitiesOnly yes",
		"UserKnownHostsFile " + file("known_hosts"),
		"StrictHostKeyChecking yes",
		"BatchMode yes",
	}, "\n")
	return errors.Join(
		os.Mkdir(file("bin"), 0o700),
		os.WriteFile(file("authorized_keys"), id, 0o600),
		os.WriteFile(file("known_hosts"), fmt.Appendf(nil, "[127.0.0.1]:%s %s", port, host), 0o600),
		os.WriteFile(file("sshd_config"), []byte(server+"\n"), 0o600),
		os.WriteFile(file("ssh_config"), []byte(clients+"\n"), 0o600),
		writeProgram(file("bin/ssh"), fmt.Sprintf("#!/bin/sh\nexec '%s' -F '%s' \"$@\"\n", client, file("ssh_config"))),
		makePrivilegeFolder(),
	)
}

// makePrivilegeFolder makes the empty folder that Debian's sshd wants when root
// runs it, and that its service file would have made.
func makePrivilegeFolder() error {
	if os.Geteuid() != 0 {
		return nil
	}
	return os.MkdirAll("/run/sshd", 0o755)
}
