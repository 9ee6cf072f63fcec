//go:build unix

package kube_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// loopback lets the servers of the tests be connected to.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func resolveRestricted(t *testing.T, config *clientcmdapi.Config, r *kube.Restrictions, env ...string) cluster.Observation {
	t.Helper()
	text, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	return resolveWith(t, kube.Options{
		Config: text, Origin: "Secret team-a/prod", Restricted: r, Env: append([]string{path}, env...),
	}, "", long)
}

// A kubeconfig from a Secret is used as it is, from memory.
func TestConfigBytes(t *testing.T) {
	obs := resolveRestricted(t, configFor(t, faults.Serve(t, sound).URL), &kube.Restrictions{Networks: loopback})
	if !obs.Status.Connected() || len(obs.Status.Warnings) > 0 {
		t.Errorf("%+v", obs)
	}
	// Neither a file nor a service account takes the place of one that is empty.
	for _, text := range []string{"", "{}", "not: [a kubeconfig"} {
		r := kube.New(kube.Options{Config: []byte(text), Origin: "Secret team-a/prod", Kubeconfig: write(t, configFor(t, "https://127.0.0.1:1")), Env: []string{}})
		obs := resolveOn(t, r, "", long)
		r.Close()
		if !strings.Contains(obs.Status.Error, "configuration in Secret team-a/prod failed: ") {
			t.Errorf("%q: %s", text, obs.Status.Error)
		}
	}
}

// What a hostile kubeconfig asks for is not done: no program runs, no file is
// read, nothing is connected to, and no token of this process goes anywhere.
func TestRestricted(t *testing.T) {
	dir := t.TempDir()
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("the-controller's-own-token"), 0o600); err != nil {
		t.Fatal(err)
	}
	plugin := faults.GoodPlugin(t)
	exec := &clientcmdapi.ExecConfig{
		Command: plugin.Path, APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
	}
	allowed := []kube.Plugin{{Command: plugin.Path, Args: []string{"get-token"}, Env: []string{"REGION=a"}}}
	const start = "configuration in Secret team-a/prod failed: "
	for _, tc := range []struct {
		name     string
		change   func(*clientcmdapi.Config)
		networks []netip.Prefix // nil is loopback
		plain    bool           // the server speaks plain HTTP
		env      string
		want     string // "" is connected
	}{
		{name: "sound"},
		{name: "exec", change: func(c *clientcmdapi.Config) { c.AuthInfos["me"] = &clientcmdapi.AuthInfo{Exec: exec} },
			want: start + "the user's credential plugin (exec) is not among those that may run here"},
		{name: "exec with other arguments", change: func(c *clientcmdapi.Config) {
			e := exec.DeepCopy()
			e.Args, e.Env = []string{"get-token", "--endpoint=evil"}, []clientcmdapi.ExecEnvVar{{Name: "REGION", Value: "a"}}
			c.AuthInfos["me"] = &clientcmdapi.AuthInfo{Exec: e}
		}, want: start + "the user's credential plugin (exec) is not among those that may run here"},
		{name: "exec with another environment", change: func(c *clientcmdapi.Config) {
			e := exec.DeepCopy()
			e.Args, e.Env = []string{"get-token"}, []clientcmdapi.ExecEnvVar{{Name: "LD_PRELOAD", Value: "evil.so"}}
			c.AuthInfos["me"] = &clientcmdapi.AuthInfo{Exec: e}
		}, want: start + "the user's credential plugin (exec) is not among those that may run here"},
		{name: "the exec that is allowed", change: func(c *clientcmdapi.Config) {
			e := exec.DeepCopy()
			e.Args, e.Env = []string{"get-token"}, []clientcmdapi.ExecEnvVar{{Name: "REGION", Value: "a"}}
			c.AuthInfos["me"] = &clientcmdapi.AuthInfo{Exec: e}
		}},
		{name: "tokenFile", change: func(c *clientcmdapi.Config) { c.AuthInfos["me"] = &clientcmdapi.AuthInfo{TokenFile: token} },
			want: start + "tokenFile of user names a file"},
		{name: "tokenFile beside a token", change: func(c *clientcmdapi.Config) { c.AuthInfos["me"].TokenFile = token },
			want: start + "tokenFile of user names a file"},
		{name: "client-certificate", change: func(c *clientcmdapi.Config) { c.AuthInfos["me"].ClientCertificate = token },
			want: start + "client-certificate of user names a file"},
		{name: "client-key", change: func(c *clientcmdapi.Config) { c.AuthInfos["me"].ClientKey = token },
			want: start + "client-key of user names a file"},
		{name: "certificate-authority", change: func(c *clientcmdapi.Config) {
			c.Clusters["prod"].CertificateAuthorityData, c.Clusters["prod"].CertificateAuthority = nil, token
		}, want: start + "certificate-authority of cluster names a file"},
		{name: "a pipe", change: func(c *clientcmdapi.Config) { c.AuthInfos["me"].TokenFile = "/dev/stdin" },
			want: start + "tokenFile of user names a file"},
		{name: "as", change: func(c *clientcmdapi.Config) { c.AuthInfos["me"].Impersonate = "system:admin" },
			want: start + "the user impersonates another (as)"},
		{name: "as-groups", change: func(c *clientcmdapi.Config) { c.AuthInfos["me"].ImpersonateGroups = []string{"system:masters"} },
			want: start + "the user impersonates another (as)"},
		{name: "http", plain: true, want: start + "the server is not an https:// URL"},
		{name: "auth-provider", change: func(c *clientcmdapi.Config) {
			c.AuthInfos["me"].AuthProvider = &clientcmdapi.AuthProviderConfig{Name: "gcp"}
		}, want: start + `user "me" has the auth-provider "gcp"`},
		{name: "an address outside", networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
			want: start + "the address 127.0.0.1 is outside the networks"},
		{name: "an address that nobody allowed", networks: []netip.Prefix{}, want: start + "the address 127.0.0.1 is outside the networks"},
		{name: "a name for it", networks: []netip.Prefix{}, change: func(c *clientcmdapi.Config) {
			c.Clusters["prod"].Server = strings.Replace(c.Clusters["prod"].Server, "127.0.0.1", "localhost", 1)
		}, want: "is outside the networks that may be connected to here"},
		{name: "another spelling of it", networks: []netip.Prefix{}, change: func(c *clientcmdapi.Config) {
			c.Clusters["prod"].Server = strings.Replace(c.Clusters["prod"].Server, "127.0.0.1", "[::ffff:127.0.0.1]", 1)
		}, want: "is outside the networks that may be connected to here"},
		{name: "the metadata service", networks: []netip.Prefix{}, change: func(c *clientcmdapi.Config) { c.Clusters["prod"].Server = "https://169.254.169.254" },
			want: start + "the address 169.254.169.254 is outside the networks"},
		{name: "a proxy outside", networks: []netip.Prefix{}, change: func(c *clientcmdapi.Config) {
			c.Clusters["prod"].Server, c.Clusters["prod"].ProxyURL = "https://prod.example.test", "http://169.254.169.254"
		}, want: start + "the address 169.254.169.254 is outside the networks"},
		{name: "a proxy of the environment", env: "HTTPS_PROXY=http://127.0.0.1:1", change: func(c *clientcmdapi.Config) {
			c.Clusters["prod"].Server = "https://192.0.2.1"
		}, want: start + "the address 192.0.2.1 is outside the networks"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := faults.Serve(t, sound)
			if tc.plain {
				server = faults.Plain(t, sound)
			}
			config := configFor(t, server.URL)
			if tc.change != nil {
				tc.change(config)
			}
			networks := tc.networks
			if networks == nil {
				networks = loopback
			}
			started := time.Now()
			obs := resolveRestricted(t, config, &kube.Restrictions{Plugins: allowed, Networks: networks}, tc.env)
			if tc.want == "" {
				if !obs.Status.Connected() {
					t.Error(obs.Status.Error)
				}
				return
			}
			if obs.Status.Connected() || !strings.Contains(obs.Status.Error, tc.want) {
				t.Errorf("got %q, want %q in it", obs.Status.Error, tc.want)
			}
			if n := server.Connections(); n > 0 {
				t.Errorf("%d connections to the server", n)
			}
			if calls := plugin.Calls(t); len(calls) > 1 { // by the one that is allowed
				t.Errorf("the plugin ran: %v", calls)
			}
			if strings.Contains(obs.Status.Error, "own-token") || time.Since(started) > long/2 {
				t.Errorf("after %s: %s", time.Since(started), obs.Status.Error)
			}
		})
	}
}
