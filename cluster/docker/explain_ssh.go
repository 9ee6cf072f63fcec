package docker

import (
	"strings"

	"github.com/docker/cli/cli/connhelper/ssh"

	"github.com/sextant-dev/sextant/cluster"
)

// sshSigns are what ssh, and the docker command at the other end, say when they
// fail. The first one found counts.
var sshSigns = []struct {
	sign   string
	phase  cluster.Phase
	text   string
	advice string // HAND is the ssh command to try by hand
}{
	{"IDENTIFICATION HAS CHANGED", cluster.PhaseCredentials, "the host's key is not the one in known_hosts",
		"find out why it changed; if that is as it should be, remove the old one with `ssh-keygen -R` and log in once by hand: HAND"},
	{"Host key verification failed", cluster.PhaseCredentials, "the host's key is not known",
		"log in once by hand to compare and accept it: HAND"},
	{"Permission denied (", cluster.PhaseCredentials, "the host does not let this user in",
		"load a key that it accepts with `ssh-add` (nobody is asked for a password here), and try by hand: HAND"},
	{"Could not resolve hostname", cluster.PhaseDNS, "no such host", "check the host's name, or its entry in ~/.ssh/config"},
	{"Connection refused", cluster.PhaseConnect, "connection refused", "is sshd running there? check the port"},
	{"No route to host", cluster.PhaseConnect, "no route to host", "check the host's address and the network"},
	{"Network is unreachable", cluster.PhaseConnect, "network is unreachable", "check the host's address and the network"},
	{"timed out", cluster.PhaseConnect, "no answer from the host", "check the host's address and the network"},
	{"Bad configuration option", cluster.PhaseConfig, "ssh does not understand its configuration", "mend ~/.ssh/config; to see more: HAND"},
	{"permission denied", cluster.PhaseRequest, "the user may not use the daemon's socket there", "add the user to the group that owns the socket there (often docker)"},
	{"Cannot connect to the Docker daemon", cluster.PhaseRequest, "no daemon answers there", "is the daemon running there? see: HAND docker version"},
	{"no such file or directory", cluster.PhaseRequest, "there is no such socket there", "is the daemon running there? see: HAND docker version"},
	{"connection refused", cluster.PhaseRequest, "nothing listens on the socket there", "is the daemon running there? see: HAND docker version"},
}

// notFoundStatus is a POSIX shell's exit status for a command that is not there.
const notFoundStatus = 127

// explainSSH is for an ssh that ended by itself. What it said is not shown: a
// remote shell may say anything.
func explainSSH(e *cluster.PhaseError, ep *endpoint, end *sshError) {
	e.Phase = cluster.PhaseConnect
	text := end.Error()
	e.Advice = "see what it says by hand: HAND docker version"
	if end.code == notFoundStatus {
		e.Phase, text = cluster.PhaseRequest, "the docker command is not found there"
		e.Advice = "install docker 18.09 or newer there, in the PATH of shells that are not login shells; see: HAND docker version"
	} else {
		for _, s := range sshSigns {
			if strings.Contains(end.stderr, s.sign) {
				e.Phase, text, e.Advice = s.phase, s.text, s.advice
				break
			}
		}
	}
	e.Cause = &cause{text, end}
	e.Advice = strings.ReplaceAll(e.Advice, "HAND", sshCommand(ep.ssh))
}

// sshCommand is how a user logs in by hand.
func sshCommand(spec *ssh.Spec) string {
	words := []string{"ssh"}
	if spec.Port != "" {
		words = append(words, "-p", spec.Port)
	}
	host := spec.Host
	if spec.User != "" {
		host = spec.User + "@" + host
	}
	return strings.Join(append(words, host), " ")
}
