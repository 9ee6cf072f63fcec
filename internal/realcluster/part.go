package realcluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// MissingError says that this machine lacks a part that a test needs.
type MissingError struct {
	// Part is what is missing, such as dockerd.
	Part string
	// Remedy is what to do, such as a command that installs it.
	Remedy string
	// Err is why it is missing; nil if it is just not there.
	Err error
}

func (e *MissingError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s could not be had: %v: %s", e.Part, e.Err, e.Remedy)
	}
	return fmt.Sprintf("%s could not be had: %s", e.Part, e.Remedy)
}

func (e *MissingError) Unwrap() error { return e.Err }

// Part is a program out of a Debian package.
type Part struct {
	Program, Package string
}

// Parts are the programs of Debian packages that the servers here are.
func Parts() []Part {
	return []Part{dockerd, docker, containerd, runc, podman, sshd, ssh, sshKeygen, registry}
}

var (
	dockerd    = Part{"dockerd", "docker.io"}
	docker     = Part{"docker", "docker.io"}
	containerd = Part{"containerd", "containerd"}
	runc       = Part{"runc", "runc"}
	podman     = Part{"podman", "podman"}
	sshd       = Part{"sshd", "openssh-server"}
	ssh        = Part{"ssh", "openssh-client"}
	sshKeygen  = Part{"ssh-keygen", "openssh-client"}
	registry   = Part{"docker-registry", "docker-registry"}
)

// Find gives the path of the program, or a *MissingError.
func (p Part) Find() (string, error) {
	if path, err := exec.LookPath(p.Program); err == nil {
		return path, nil
	}
	// Daemons are in folders that a plain user's PATH often lacks.
	for _, dir := range []string{"/usr/sbin/", "/sbin/"} {
		if path, err := exec.LookPath(dir + p.Program); err == nil {
			return path, nil
		}
	}
	return "", &MissingError{Part: p.Program, Remedy: "run: apt-get install " + p.Package}
}

// needRoot gives a *MissingError unless this process may do everything.
func needRoot(part string) error {
	if os.Geteuid() == 0 {
		return nil
	}
	return &MissingError{Part: part, Remedy: "run the tests as root"}
}

// check ends the test on an error: a missing part skips it, unless everything
// is required, and all else fails it.
func check(t testing.TB, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if _, missing := errors.AsType[*MissingError](err); missing && !required() {
		t.Skipf("not run: %v", err)
	}
	t.Fatal(err)
}

func required() bool {
	return os.Getenv("CI") == "true" || os.Getenv("SEXTANT_REAL_REQUIRED") == "1"
}
