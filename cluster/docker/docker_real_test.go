//go:build real

package docker

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster/process"
)

// dockerVersion is what `docker version` says of the daemon that an environment
// leads to.
func dockerVersion(t *testing.T, env []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "docker", "version", "--format", "{{.Server.Version}} {{.Server.Arch}}")
	cmd.Env = env
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("docker version: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// TestRealDaemons holds that a daemon is seen as the docker command sees it, by
// every way to reach one.
func TestRealDaemons(t *testing.T) {
	site := realcluster.Start(t)
	config := t.TempDir()
	base := []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "DOCKER_CONFIG=" + config}
	tests := []struct {
		name string
		env  func(t *testing.T) []string
	}{
		{"unix", func(t *testing.T) []string {
			return []string{"DOCKER_HOST=" + site.Dockerd(t, "one").Host}
		}},
		{"tcp with TLS", func(t *testing.T) []string {
			d := site.Dockerd(t, "one")
			return []string{"DOCKER_HOST=" + d.TCPHost, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + d.CertPath}
		}},
		{"context", func(t *testing.T) []string {
			addContext(t, config, "socket", site.Dockerd(t, "one").Host, nil, false)
			return []string{"DOCKER_CONTEXT=socket"}
		}},
		{"context with TLS, the current one", func(t *testing.T) []string {
			d := site.Dockerd(t, "one")
			set := site.Certificates(t)
			addContext(t, config, "tls", d.TCPHost, map[string][]byte{
				"ca.pem": set.CA.PEM, "cert.pem": set.Admin.Cert, "key.pem": set.Admin.Key,
			}, false)
			writeFile(t, `{"currentContext": "tls"}`, config, "config.json")
			return nil
		}},
		{"ssh", func(t *testing.T) []string {
			s := site.SSH(t, site.Dockerd(t, "one"))
			return []string{"DOCKER_HOST=" + s.Host, "PATH=" + s.Bin + string(os.PathListSeparator) + os.Getenv("PATH")}
		}},
		{"podman", func(t *testing.T) []string {
			return []string{"DOCKER_HOST=" + site.Podman(t).Host}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := append(base[:len(base):len(base)], tt.env(t)...)
			obs := connected(t, resolve(t, patience, "", env...))
			if got, want := obs.Status.Version+" "+obs.Status.Arch, dockerVersion(t, env); got != want {
				t.Errorf("got %s, docker version says %s", got, want)
			}
			t.Logf("%s %s at %v", obs.Status.Version, obs.Status.Arch, obs.Status.Endpoint)
			running, err := process.Descendants(os.Getpid())
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range running {
				if p.Command == "ssh" {
					t.Errorf("ssh is left: %+v", p)
				}
			}
		})
	}
}

// TestRealRefusals holds what is said where a real daemon or sshd does not let
// this user in.
func TestRealRefusals(t *testing.T) {
	site := realcluster.Start(t)
	set := site.Certificates(t)
	t.Run("expired certificate", func(t *testing.T) {
		d := site.Dockerd(t, "one")
		dir := t.TempDir()
		writeFile(t, string(set.CA.PEM), dir, "ca.pem")
		if err := set.ExpiredClient.Write(dir, "cert.pem", "key.pem"); err != nil {
			t.Fatal(err)
		}
		got := failure(resolve(t, patience, d.TCPHost, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+dir), d.TCPHost, "HOST", dir, "DIR")
		if want := "TLS handshake with HOST failed: the TLS handshake was rejected: "; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s…", got, want)
		}
	})
	t.Run("plain to TLS", func(t *testing.T) {
		d := site.Dockerd(t, "one")
		got := failure(resolve(t, patience, d.TCPHost), d.TCPHost, "HOST")
		if want := "request to HOST failed: the server wants TLS;"; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s…", got, want)
		}
	})
	t.Run("unknown host key", func(t *testing.T) {
		s := site.SSH(t, site.Dockerd(t, "one"))
		empty := writeFile(t, "", t.TempDir(), "known_hosts")
		// The first value of an option counts: this one comes before the Site's.
		env := fakeSSH(t, "exec '"+s.Bin+"/ssh' -o UserKnownHostsFile="+empty+" -o StrictHostKeyChecking=ask \"$@\"")
		got := failure(resolve(t, patience, s.Host, env...), s.Host, "HOST")
		if want := "credentials from HOST failed: the host's key is not known; "; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s…", got, want)
		}
	})
	t.Run("unknown user key", func(t *testing.T) {
		s := site.SSH(t, site.Dockerd(t, "one"))
		env := fakeSSH(t, "exec '"+s.Bin+"/ssh' -o PubkeyAuthentication=no \"$@\"")
		got := failure(resolve(t, patience, s.Host, env...), s.Host, "HOST")
		if want := "credentials from HOST failed: the host does not let this user in; "; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s…", got, want)
		}
	})
}
