//go:build unix

package attack

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// Keys and tokens that everybody can read are a warning.
func TestKubeconfigExposed(t *testing.T) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{})
	dir := openFolder(t)
	token := writeFile(t, "token", 0o644, dir, "token")
	private := writeFile(t, "token", 0o640, dir, "private")
	for _, tc := range []struct {
		name string
		user clientcmdapi.AuthInfo
		mode os.FileMode
		want []string
	}{
		{name: "secret", user: clientcmdapi.AuthInfo{Token: "t"}, mode: 0o644,
			want: []string{`everybody on this machine can read FILE, which holds secrets: run chmod 600 FILE`}},
		{name: "private", user: clientcmdapi.AuthInfo{Token: "t"}, mode: 0o640},
		{name: "no secret", user: clientcmdapi.AuthInfo{Impersonate: "jane"}, mode: 0o644},
		{name: "token file", user: clientcmdapi.AuthInfo{TokenFile: token}, mode: 0o600,
			want: []string{`everybody on this machine can read ` + token + `, which holds the token: run chmod 600 ` + token}},
		{name: "private token file", user: clientcmdapi.AuthInfo{TokenFile: private}, mode: 0o644},
	} {
		t.Run(tc.name, func(t *testing.T) {
			config := api.Kubeconfig()
			config.AuthInfos["test"] = &tc.user
			file := writeConfig(t, config)
			for _, d := range []string{filepath.Dir(file), filepath.Dir(filepath.Dir(file))} {
				if err := os.Chmod(d, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(file, tc.mode); err != nil {
				t.Fatal(err)
			}
			obs := oneKubeFile(t, file, patience)
			var got []string
			for _, w := range obs.Status.Warnings {
				got = append(got, strings.ReplaceAll(w, file, "FILE"))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

// A pipe in place of any file ends with the deadline, or at once: what waited for the
// deadline would name that.
func TestKubeconfigPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	held, err := os.OpenFile(pipe, os.O_RDWR, 0) // a writer that never writes
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	api := clustertest.NewKube(t, clustertest.KubeFacts{})
	const deadline = 500 * time.Millisecond
	pulse := newPulse(t)
	check := func(name, got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	started := time.Now()
	check("kubeconfig", oneKubeFile(t, pipe, deadline).Status.Error, "its end did not come before the deadline")
	if elapsed := time.Since(started); elapsed > deadline+grace+4*pulse.longest() {
		t.Errorf("kubeconfig: %s", elapsed)
	}

	for name, set := range map[string]func(*clientcmdapi.Cluster, *clientcmdapi.AuthInfo){
		"CA": func(c *clientcmdapi.Cluster, _ *clientcmdapi.AuthInfo) {
			c.CertificateAuthorityData, c.CertificateAuthority = nil, pipe
		},
		"cert":  func(_ *clientcmdapi.Cluster, u *clientcmdapi.AuthInfo) { u.ClientCertificate, u.ClientKey = pipe, pipe },
		"token": func(_ *clientcmdapi.Cluster, u *clientcmdapi.AuthInfo) { u.TokenFile = pipe },
	} {
		config := api.Kubeconfig()
		set(config.Clusters["test"], config.AuthInfos["test"])
		check(name, oneKube(t, config, patience).Status.Error, "it is not a regular file")
	}
	for name, env := range map[string][]string{
		"docker config": {"DOCKER_CONFIG=" + linkTo(t, pipe, "config.json")},
		"docker CA":     {"DOCKER_HOST=tcp://127.0.0.1:1", "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + linkTo(t, pipe, "ca.pem")},
	} {
		check(name, oneDocker(t, patience, env...).Status.Error, "it is not a regular file")
	}
}

// linkTo makes a folder with a link of that name.
func linkTo(t *testing.T, target, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A kubeconfig that this user may not read is an error that says so.
func TestKubeconfigOfAnother(t *testing.T) {
	dir := openFolder(t)
	kubeconfig := writeFile(t, "contexts: []\n", 0, dir, "config")
	script := writeFile(t, "k8s_cluster()\n", 0o644, dir, "Clusterfile")
	// The command is copied to where any user can run it.
	program, err := os.ReadFile(command(t))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(writeFile(t, string(program), 0o755, dir, "sextant"), "eval", "--kubeconfig", kubeconfig, script)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + dir}
	if os.Getuid() == 0 { // root may read everything: be nobody
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, _ := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 3 || !strings.Contains(string(out), "permission denied; check that it is a kubeconfig that you may read") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
