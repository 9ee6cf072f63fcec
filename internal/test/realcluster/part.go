package realcluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// MissingError reports that this machine lacks a part that a test needs.
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
	Program string
	// Packages are the names of the package, in Debian 12 and, if it is
	// another, in later ones.
	Packages []string
}

// Parts are the programs of Debian packages that the servers here need.
func Parts() []Part {
	return []Part{dockerd, docker, containerd, runc, loopback, podman, sshd, ssh, sshKeygen, registry, neovim, npm, zsh, fish}
}

var (
	dockerd    = Part{"dockerd", []string{"docker.io"}}
	docker     = Part{"docker", []string{"docker.io", "docker-cli"}}
	containerd = Part{"containerd", []string{"containerd"}}
	runc       = Part{"runc", []string{"runc"}}
	loopback   = Part{"loopback", []string{"containernetworking-plugins"}} // CNI
	podman     = Part{"podman", []string{"podman"}}
	sshd       = Part{"sshd", []string{"openssh-server"}}
	ssh        = Part{"ssh", []string{"openssh-client"}}
	sshKeygen  = Part{"ssh-keygen", []string{"openssh-client"}}
	registry   = Part{"docker-registry", []string{"docker-registry"}}
	neovim     = Part{"nvim", []string{"neovim"}}
	npm        = Part{"npm", []string{"npm"}}
	zsh        = Part{"zsh", []string{"zsh"}}
	fish       = Part{"fish", []string{"fish"}}
)

// cniFolder is where Debian has the network plugins of container runtimes.
const cniFolder = "/usr/lib/cni"

// Find returns the path of the program, or a *MissingError.
func (p Part) Find() (string, error) {
	if allMissing() {
		return "", &MissingError{Part: p.Program, Remedy: "unset " + missingVariable}
	}
	if path, err := exec.LookPath(p.Program); err == nil {
		return path, nil
	}
	// Daemons are in folders that a plain user's PATH often lacks.
	for _, dir := range []string{"/usr/sbin/", "/sbin/", cniFolder + "/"} {
		if path, err := exec.LookPath(dir + p.Program); err == nil {
			return path, nil
		}
	}
	return "", &MissingError{Part: p.Program, Remedy: "run: apt-get install " + strings.Join(p.Packages, " or ")}
}

// needRoot returns a *MissingError unless this process may do everything.
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

// missingVariable has every part be missing, whatever this machine has.
const missingVariable = "SEXTANT_REAL_MISSING"

func allMissing() bool { return os.Getenv(missingVariable) == "1" }

func required() bool {
	return os.Getenv("CI") == "true" || os.Getenv("SEXTANT_REAL_REQUIRED") == "1"
}

// Program returns the path of a part that a test runs itself. Without it the test
// is skipped, or fails if everything is required.
func Program(t testing.TB, name string) string {
	t.Helper()
	t.Attr(ServerAttr, name)
	for _, p := range Parts() {
		if p.Program == name {
			path, err := p.Find()
			check(t, err)
			return path
		}
	}
	t.Fatalf("%s is no part", name)
	return ""
}

// Buildx returns the path of buildx, which a test runs itself.
func Buildx(t testing.TB) string {
	t.Helper()
	t.Attr(ServerAttr, "buildx")
	path, err := BuildBuildx(t.Context())
	check(t, err)
	return path
}
