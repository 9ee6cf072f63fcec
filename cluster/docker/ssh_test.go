//go:build unix

package docker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
	"github.com/sextant-dev/sextant/internal/test/realcluster/process"
)

// fakeSSH returns an environment in which ssh is a shell script.
func fakeSSH(t *testing.T, script string) []string {
	t.Helper()
	bin := t.TempDir()
	writeFile(t, "#!/bin/sh\n"+script+"\n", bin, "ssh")
	return []string{"PATH=relative:" + bin + ":" + os.Getenv("PATH"), "BIN=" + bin}
}

// bridged is a script in the place of an ssh to a daemon on a socket.
func bridged(t *testing.T, socket, first string) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return fakeSSH(t, fmt.Sprintf("%s\n%s='%s' exec '%s'", first, bridgeTo, socket, self))
}

// noProcessLeft fails the test where this process has children. It waits for
// those that were killed to be gone.
func noProcessLeft(t *testing.T, also ...int) {
	t.Helper()
	for stop := time.Now().Add(patience); ; {
		left, err := process.Descendants(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		for _, pid := range also {
			if running, err := process.Running(pid); err != nil || running {
				left = append(left, process.Process{PID: pid})
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(stop) {
			t.Fatalf("processes are left: %+v", left)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestSSH(t *testing.T) {
	d := clustertest.NewDocker(t, clustertest.DockerFacts{Version: "20.10.24", Arch: "arm64", APIVersion: "1.41", Socket: filepath.Join(t.TempDir(), "d.sock")})
	socket := strings.TrimPrefix(d.Host(), "unix://")
	env := bridged(t, socket, `printf '%s\n' "$@" >> "$BIN/args"; echo started >> "$BIN/starts"`)
	bin := strings.TrimPrefix(env[1], "BIN=")
	obs := connected(t, resolve(t, patience, "ssh://me@example.test:2222/run/my docker.sock", env...))
	if obs.Status.Version != "20.10.24" || obs.Status.Arch != "arm64" {
		t.Errorf("status %+v", obs.Status)
	}
	if got, want := obs.Status.Endpoint, "ssh://me@example.test:2222/run/my docker.sock"; got != want {
		t.Errorf("endpoint %q, want %q", got, want)
	}
	args, err := os.ReadFile(filepath.Join(bin, "args"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"-l", "me", "-p", "2222", "-T", "-o", "BatchMode=yes", "-o", "ControlMaster=no", "--", "example.test",
		"docker '--host=unix:///run/my docker.sock' system dial-stdio"}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSpace(string(args)), "\n")); diff != "" {
		t.Errorf("arguments of ssh (-want +got):\n%s", diff)
	}
	if starts, err := os.ReadFile(filepath.Join(bin, "starts")); err != nil || string(starts) != "started\n" {
		t.Errorf("ssh ran %d times, want once (%v)", strings.Count(string(starts), "\n"), err)
	}
	noProcessLeft(t)
}

func TestSSHGetsNoTerminal(t *testing.T) {
	d := clustertest.NewDocker(t, clustertest.DockerFacts{Socket: filepath.Join(t.TempDir(), "d.sock")})
	socket := strings.TrimPrefix(d.Host(), "unix://")
	env := bridged(t, socket, `if (: < /dev/tty) 2>/dev/null; then exit 3; fi`)
	connected(t, resolve(t, patience, "ssh://example.test", env...))
}

func TestSSHFailures(t *testing.T) {
	const host = "ssh://me@example.test:2222"
	tests := []struct{ name, script, want string }{
		{"host key unknown", `echo "Host key verification failed." >&2; exit 255`,
			"credentials from HOST failed: the host's key is not known; log in once by hand to compare and accept it: ssh -p 2222 me@example.test"},
		{"host key changed", `echo "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @
Host key verification failed." >&2; exit 255`,
			"credentials from HOST failed: the host's key is not the one in known_hosts; find out why it changed; if that is as it should be, remove the old one with `ssh-keygen -R` and log in once by hand: ssh -p 2222 me@example.test"},
		{"not let in", `echo "me@example.test: Permission denied (publickey)." >&2; exit 255`,
			"credentials from HOST failed: the host does not let this user in; load a key that it accepts with `ssh-add` (nobody is asked for a password here), and try by hand: ssh -p 2222 me@example.test"},
		{"no such host", `echo "ssh: Could not resolve hostname example.test: Name or service not known" >&2; exit 255`,
			"name lookup of HOST failed: no such host; check the host's name, or its entry in ~/.ssh/config"},
		{"refused", `echo "ssh: connect to host example.test port 2222: Connection refused" >&2; exit 255`,
			"connection to HOST failed: connection refused; is sshd running there? check the port"},
		{"no docker there", `echo "sh: 1: docker: not found" >&2; exit 127`,
			"request to HOST failed: the docker command is not found there; install docker 18.09 or newer there, in the PATH of shells that are not login shells; see: ssh -p 2222 me@example.test docker version"},
		{"no daemon there", `echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2; exit 1`,
			"request to HOST failed: no daemon answers there; is the daemon running there? see: ssh -p 2222 me@example.test docker version"},
		{"no right to the socket", `echo "dial unix /var/run/docker.sock: connect: permission denied" >&2; exit 1`,
			"request to HOST failed: the user may not use the daemon's socket there; add the user to the group that owns the socket there (often docker)"},
		{"unknown, and talkative", `head -c 1000000 /dev/zero | tr '\0' x >&2; echo c4n4ry >&2; exit 42`,
			"connection to HOST failed: ssh exited with status 42; see what it says by hand: ssh -p 2222 me@example.test docker version"},
		{"silent end", `exit 0`,
			"connection to HOST failed: ssh exited with status 0; see what it says by hand: ssh -p 2222 me@example.test docker version"},
		{"killed", `kill -9 $$`,
			"connection to HOST failed: ssh was killed; see what it says by hand: ssh -p 2222 me@example.test docker version"},
		{"no HTTP", `echo "Welcome to example.test"; exec cat > /dev/null`,
			"request to HOST failed: the answer is not HTTP; check the port; the address comes from spec.connection.docker.host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := failure(resolve(t, patience, host, fakeSSH(t, tt.script)...), host, "HOST")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
	noProcessLeft(t)

	got := failure(resolve(t, patience, host, "PATH="+t.TempDir()), host, "HOST")
	want := "connection to HOST failed: ssh is not installed, or not in PATH; install an OpenSSH client"
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestSSHEndsAtTheDeadline(t *testing.T) {
	const host = "ssh://example.test"
	env := fakeSSH(t, `trap '' TERM HUP INT; touch "$BIN/started"; sleep 1000`)
	started := filepath.Join(strings.TrimPrefix(env[1], "BIN="), "started")
	ctx := faults.Expiring(t, func() bool { _, err := os.Stat(started); return err == nil })
	got := failure(resolveIn(ctx, t, host, env...), host, "HOST")
	want := "connection to HOST failed: no answer before the deadline; check that `ssh example.test docker version` works, or allow more time"
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	noProcessLeft(t)
}

// A child of ssh, as ProxyCommand starts one, holds the streams open and
// ignores everything that can be ignored. It goes with ssh, however ssh goes.
func TestChildrenOfSSHEnd(t *testing.T) {
	const child = `(trap '' TERM HUP INT; exec sleep 1000) & echo $! > "$BIN/new"; mv "$BIN/new" "$BIN/child"; `
	tests := []struct {
		name, script string
		cancel       bool
	}{
		{"interrupted", child + "trap '' TERM HUP INT; wait", true},
		{"ssh fails", child + "exit 255", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := fakeSSH(t, tt.script)
			file := filepath.Join(strings.TrimPrefix(env[1], "BIN="), "child")
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			futures := cluster.NewFutures(ctx, New(Options{Env: env}))
			defer futures.Close()
			future := futures.Start(cluster.Request{Connection: cluster.ClusterConnection{
				Docker: &cluster.DockerClusterConnection{Host: "ssh://example.test"},
			}})
			pid := readPID(t, file)
			want := "connection to ssh://example.test failed: ssh exited with status 255; see what it says by hand: ssh example.test docker version"
			if tt.cancel {
				cancel()
				want = "connection to ssh://example.test failed: interrupted"
			}
			obs, err := future.Wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := failure(obs); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
			noProcessLeft(t, pid)
		})
	}
}

// readPID waits for a file and reads the process id in it.
func readPID(t *testing.T, file string) int {
	t.Helper()
	for stop := time.Now().Add(patience); ; {
		if text, err := os.ReadFile(file); err == nil {
			pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
		if time.Now().After(stop) {
			t.Fatalf("%s did not come", file)
		}
		time.Sleep(time.Millisecond)
	}
}
