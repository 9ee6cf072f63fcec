//go:build unix

package kube_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"k8s.io/apimachinery/pkg/runtime"
	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

const execV1 = "client.authentication.k8s.io/v1"

func execUser(command string) *clientcmdapi.AuthInfo {
	return &clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{
		Command: command, APIVersion: execV1, InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
	}}
}

// withPlugin is a kubeconfig whose user has the plugin, for a server that wants
// the token that the plugins of faults print.
func withPlugin(t testing.TB, command string) (*clientcmdapi.Config, *clustertest.Kube) {
	t.Helper()
	server := clustertest.NewKube(t, clustertest.KubeFacts{Token: faults.Token})
	config := server.Kubeconfig()
	config.AuthInfos["test"] = execUser(command)
	return config, server
}

// path is PATH alone: the scripts need a shell's tools.
var path = "PATH=" + os.Getenv("PATH")

func resolvePlugin(t testing.TB, config *clientcmdapi.Config, deadline time.Duration) (connected bool, problem string) {
	t.Helper()
	obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: []string{path}}, "", deadline)
	return obs.Status.Connected(), obs.Status.Error
}

// Each way in which a plugin can fail is one line, without what the plugin
// printed; no process and no goroutine stays, and no server is asked.
func TestPluginProblem(t *testing.T) {
	for _, tc := range []struct {
		name   string
		plugin func(testing.TB) *faults.Plugin
		change func(*clientcmdapi.ExecConfig)
		hangs  bool
		calls  int
		want   string
	}{{
		name: "hangs", plugin: faults.HangingPlugin, hangs: true, calls: 1,
		want: `credentials from plugin "DIR/plugin" of user "test" failed: it printed nothing before the deadline and was killed; see what it prints with kubectl --context="test" version`,
	}, {
		name: "prints garbage", plugin: faults.GarbagePlugin, calls: 1,
		want: `credentials from plugin "DIR/plugin" of user "test" failed: what it printed is no ExecCredential; see what it prints with kubectl --context="test" version`,
	}, {
		name: "prints for ever", plugin: faults.EndlessPlugin, calls: 1,
		want: `credentials from plugin "DIR/plugin" of user "test" failed: it printed more than 1 MiB; see what it prints with kubectl --context="test" version`,
	}, {
		name: "fails", plugin: faults.FailingPlugin, calls: 1,
		want: `credentials from plugin "DIR/plugin" of user "test" failed: it failed: exit status 1; see what it prints with kubectl --context="test" version`,
	}, {
		name: "is missing", plugin: faults.MissingPlugin,
		want: `credentials from plugin "DIR/no-such-plugin" of user "test" failed: it is not installed; install it, or put its folder into PATH`,
	}, {
		name: "is missing, with a hint", plugin: faults.MissingPlugin,
		change: func(c *clientcmdapi.ExecConfig) {
			c.InstallHint = "example-login is needed:\n  apt-get install example-login"
		},
		want: `credentials from plugin "DIR/no-such-plugin" of user "test" failed: it is not installed; example-login is needed: apt-get install example-login`,
	}, {
		name: "is not in PATH", plugin: faults.MissingPlugin,
		change: func(c *clientcmdapi.ExecConfig) { c.Command = "no-such-plugin" },
		want:   `credentials from plugin "no-such-plugin" of user "test" failed: it is not installed; install it, or put its folder into PATH`,
	}, {
		name: "is interactive", plugin: faults.GoodPlugin,
		change: func(c *clientcmdapi.ExecConfig) { c.InteractiveMode = clientcmdapi.AlwaysExecInteractiveMode },
		want:   `credentials from plugin "DIR/plugin" of user "test" failed: its interactiveMode is Always, and it is given no terminal; set interactiveMode to IfAvailable where the plugin can do without`,
	}, {
		name: "is of another version", plugin: faults.GoodPlugin,
		change: func(c *clientcmdapi.ExecConfig) { c.APIVersion = "client.authentication.k8s.io/v1alpha1" },
		want:   `credentials from plugin "DIR/plugin" of user "test" failed: its apiVersion is "client.authentication.k8s.io/v1alpha1", not client.authentication.k8s.io/v1 or client.authentication.k8s.io/v1beta1; bring the plugin up to date, and with it the user's entry in the kubeconfig`,
	}, {
		name: "answers in another version", plugin: faults.GoodPlugin, calls: 1,
		change: func(c *clientcmdapi.ExecConfig) { c.APIVersion = "client.authentication.k8s.io/v1beta1" },
		want:   `credentials from plugin "DIR/plugin" of user "test" failed: its ExecCredential has another apiVersion than the client.authentication.k8s.io/v1beta1 asked for; see what it prints with kubectl --context="test" version`,
	}} {
		t.Run(tc.name, func(t *testing.T) {
			plugin := tc.plugin(t)
			config, server := withPlugin(t, plugin.Path)
			if tc.change != nil {
				tc.change(config.AuthInfos["test"].Exec)
			}
			r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{path}})
			defer r.Close() // after all is seen to have ended
			var reached func() bool
			if tc.hangs {
				reached = func() bool { return len(plugin.Calls(t)) > 0 }
			}
			ctx := expiresAt(t, reached)
			before := goleak.IgnoreCurrent()
			obs := resolveIn(ctx, t, r, "")
			if !tc.hangs && ctx.Err() != nil {
				t.Error("only the deadline ended it")
			}
			noneLeft(t, before)
			if diff := cmp.Diff(tc.want, masked(obs.Status.Error)); diff != "" || obs.Status.Connected() {
				t.Errorf("status.error (-want +got):\n%s", diff)
			}
			if calls := plugin.Calls(t); len(calls) != tc.calls {
				t.Errorf("%d calls, want %d", len(calls), tc.calls)
			}
			if n := server.Connections(); n != 0 {
				t.Errorf("%d connections without a credential", n)
			}
			ends(t, plugin)
		})
	}
}

// awaitCall waits until a plugin runs: it notes the call first.
func awaitCall(t testing.TB, p *faults.Plugin) {
	t.Helper()
	<-faults.Expiring(t, func() bool { return len(p.Calls(t)) > 0 }).Done()
}

// ends waits for the plugin's processes, which the system may take a moment to
// end after it was asked to.
func ends(t testing.TB, p *faults.Plugin) {
	t.Helper()
	deadline := time.Now().Add(long)
	for {
		left := p.Running(t)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes %v of the plugin still run", left)
		}
	}
}

// What a plugin prints to standard error is shown, in whole lines, and is in no
// status.
func TestPluginMessages(t *testing.T) {
	const message = "open https://login.example.test and enter 1234"
	talking := faults.TalkingPlugin(t, "first line\n"+message)
	config, _ := withPlugin(t, talking.Path)
	var stderr strings.Builder
	obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: []string{path}, Stderr: &stderr}, "", long)
	if got, want := stderr.String(), "first line\n"+message+"\n"; got != want {
		t.Errorf("shown %q, want %q", got, want)
	}
	if text := fmt.Sprintf("%+v", obs); !obs.Status.Connected() || strings.Contains(text, "login.example.test") {
		t.Errorf("observed %s", text)
	}

	flood := faults.TalkingPlugin(t, strings.Repeat("0123456789abcde\n", 16<<10))
	config, _ = withPlugin(t, flood.Path)
	stderr.Reset()
	obs = resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: []string{path}, Stderr: &stderr}, "", long)
	if n := stderr.Len(); !obs.Status.Connected() || n > 64<<10 || n < 32<<10 {
		t.Errorf("connected %t, %d bytes shown", obs.Status.Connected(), n)
	}
}

// The server sees the credential that the plugin printed.
func TestPluginGives(t *testing.T) {
	t.Run("a token", func(t *testing.T) {
		config, _ := withPlugin(t, faults.GoodPlugin(t).Path)
		if connected, problem := resolvePlugin(t, config, long); !connected {
			t.Error(problem)
		}
	})
	t.Run("a token, with a child that holds the output open", func(t *testing.T) {
		plugin := faults.OrphaningPlugin(t)
		config, _ := withPlugin(t, plugin.Path)
		if connected, problem := resolvePlugin(t, config, long); !connected {
			t.Error(problem)
		}
		ends(t, plugin)
	})
	t.Run("a token, slowly", func(t *testing.T) {
		config, _ := withPlugin(t, faults.SlowPlugin(t, 200*time.Millisecond).Path)
		if connected, problem := resolvePlugin(t, config, long); !connected {
			t.Error(problem)
		}
	})
	t.Run("a certificate", func(t *testing.T) {
		admin := faults.Certificates(t).Admin
		credential, err := json.Marshal(clientauthentication.ExecCredential{Status: &clientauthentication.ExecCredentialStatus{
			ClientCertificateData: string(admin.Cert), ClientKeyData: string(admin.Key),
		}})
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(credential), "{", `{"kind":"ExecCredential","apiVersion":"`+execV1+`",`, 1)
		file := writeText(t, "credential", text)
		server := faults.Mutual(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/version" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprintf(w, `{"gitVersion":"v1-%s"}`, r.TLS.PeerCertificates[0].Subject.CommonName)
		}))
		config := configFor(t, server.URL)
		config.AuthInfos["me"] = execUser("cat")
		config.AuthInfos["me"].Exec.Args = []string{file}
		obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: []string{path}}, "", long)
		if obs.Status.Version != "v1-admin" {
			t.Errorf("version %q, error %q", obs.Status.Version, obs.Status.Error)
		}
	})
}

// What is not a usable credential is not used, and not shown.
func TestPluginOutput(t *testing.T) {
	const kind = `"kind":"ExecCredential","apiVersion":"` + execV1 + `"`
	for output, want := range map[string]string{
		``:                           "what it printed is no ExecCredential",
		`{`:                          "what it printed is no ExecCredential",
		`{"kind":"Canary"}`:          "what it printed is no ExecCredential",
		`{` + kind + `}`:             "its ExecCredential has neither a token nor a certificate",
		`{` + kind + `,"status":{}}`: "its ExecCredential has neither a token nor a certificate",
		`{` + kind + `,"status":{"clientCertificateData":"canary"}}`:                          "its ExecCredential has a certificate without a key, or a key without a certificate",
		`{` + kind + `,"status":{"clientKeyData":"canary"}}`:                                  "its ExecCredential has a certificate without a key, or a key without a certificate",
		`{` + kind + `,"status":{"clientCertificateData":"canary","clientKeyData":"canary"}}`: "the client certificate and key of user \"test\" do not go together or are not PEM",
	} {
		config, _ := withPlugin(t, "cat")
		config.AuthInfos["test"].Exec.Args = []string{writeText(t, "credential", output)}
		connected, problem := resolvePlugin(t, config, long)
		if connected || !strings.Contains(problem, want) {
			t.Errorf("%s: %q, want %q in it", output, problem, want)
		}
		if strings.Contains(strings.ToLower(problem), "canary") {
			t.Errorf("%s: output of the plugin in %q", output, problem)
		}
	}
}

// A plugin runs once for a user, however many contexts have it; once for each
// cluster that it is asked for.
func TestPluginIsShared(t *testing.T) {
	for _, tc := range []struct {
		clusterInfo bool
		calls       int
	}{{false, 1}, {true, 5}} {
		plugin := faults.SlowPlugin(t, 50*time.Millisecond)
		config, _ := withPlugin(t, plugin.Path)
		config.AuthInfos["test"].Exec.ProvideClusterInfo = tc.clusterInfo
		for i := range 5 {
			name := fmt.Sprintf("c%d", i)
			one := config.Clusters["test"].DeepCopy()
			one.Extensions = map[string]runtime.Object{
				"client.authentication.k8s.io/exec": &runtime.Unknown{Raw: fmt.Appendf(nil, `{"audience":%q}`, name)},
			}
			config.Clusters[name] = one
			config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: "test"}
		}
		r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{path}})
		defer r.Close()
		var running sync.WaitGroup
		for i := range 5 {
			running.Go(func() {
				if obs, err := r.Resolve(t.Context(), request(fmt.Sprintf("c%d", i))); err != nil || !obs.Status.Connected() {
					t.Errorf("c%d: %v %s", i, err, obs.Status.Error)
				}
			})
		}
		running.Wait()
		resolveOn(t, r, "c0", long)
		calls := plugin.Calls(t)
		if len(calls) != tc.calls {
			t.Errorf("%d calls with provideClusterInfo %t, want %d", len(calls), tc.clusterInfo, tc.calls)
		}
		audiences := map[string]bool{}
		for _, call := range calls {
			var info struct {
				APIVersion, Kind string
				Spec             struct {
					Interactive bool
					Cluster     *struct {
						Server string
						Config struct{ Audience string }
					}
				}
			}
			if err := json.Unmarshal([]byte(call), &info); err != nil {
				t.Fatalf("KUBERNETES_EXEC_INFO %q: %v", call, err)
			}
			if info.APIVersion != execV1 || info.Kind != "ExecCredential" || info.Spec.Interactive || (info.Spec.Cluster != nil) != tc.clusterInfo {
				t.Errorf("KUBERNETES_EXEC_INFO is %s", call)
			}
			if info.Spec.Cluster != nil {
				audiences[info.Spec.Cluster.Config.Audience] = true
			}
		}
		if tc.clusterInfo && len(audiences) != tc.calls {
			t.Errorf("the plugin was told of %d clusters, want %d", len(audiences), tc.calls)
		}
	}
}

// A plugin that was killed, since nobody waited any more, is run again for who
// comes later.
func TestPluginRunsAgainAfterItWasKilled(t *testing.T) {
	plugin, release := faults.HeldPlugin(t)
	config, _ := withPlugin(t, plugin.Path)
	r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{path}})
	defer r.Close()
	impatient := faults.Expiring(t, func() bool { return len(plugin.Calls(t)) > 0 })
	if obs := resolveIn(impatient, t, r, ""); obs.Status.Connected() {
		t.Error("impatient: connected")
	}
	release()
	if obs := resolveOn(t, r, "", long); !obs.Status.Connected() {
		t.Errorf("patient: %s", obs.Status.Error)
	}
}

// One cluster's deadline is not the others': the plugin runs for as long as
// anyone waits, and a later one does not run it again.
func TestPluginOutlivesFirstDeadline(t *testing.T) {
	plugin, release := faults.HeldPlugin(t)
	config, _ := withPlugin(t, plugin.Path)
	r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{path}})
	defer r.Close()
	var running sync.WaitGroup
	running.Go(func() {
		if obs := resolveOn(t, r, "", long); !obs.Status.Connected() {
			t.Errorf("patient: %s", obs.Status.Error)
		}
	})
	awaitCall(t, plugin)
	if obs := resolveOn(t, r, "", 100*time.Millisecond); obs.Status.Connected() {
		t.Error("impatient: connected")
	}
	release()
	running.Wait()
	if calls := plugin.Calls(t); len(calls) != 1 {
		t.Errorf("%d calls, want 1", len(calls))
	}
}

// Closing a Resolver ends its plugins.
func TestCloseEndsPlugins(t *testing.T) {
	plugin := faults.HangingPlugin(t)
	config, _ := withPlugin(t, plugin.Path)
	r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{path}})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		obs, err := r.Resolve(ctx, request(""))
		if err != nil || !strings.Contains(obs.Status.Error, "interrupted") {
			t.Errorf("%v %q, want interrupted", err, obs.Status.Error)
		}
	})
	awaitCall(t, plugin)
	cancel()
	running.Wait()
	r.Close()
	ends(t, plugin)
}

// A user that has a token needs no plugin.
func TestPluginNotNeeded(t *testing.T) {
	plugin := faults.GoodPlugin(t)
	config, _ := withPlugin(t, plugin.Path)
	config.AuthInfos["test"].Token = faults.Token
	if connected, problem := resolvePlugin(t, config, long); !connected {
		t.Error(problem)
	}
	if calls := plugin.Calls(t); len(calls) != 0 {
		t.Errorf("%d calls, want 0", len(calls))
	}
}

// A 401 does not run the plugin again.
func TestPluginAfter401(t *testing.T) {
	plugin := faults.GoodPlugin(t)
	config, _ := withPlugin(t, plugin.Path)
	other := clustertest.NewKube(t, clustertest.KubeFacts{Token: "another"})
	config.Clusters["test"].Server = other.URL
	obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: []string{path}}, "", long)
	if obs.Status.Connected() || !strings.Contains(obs.Status.Error, `401 Unauthorized to user "test"`) {
		t.Errorf("%+v", obs.Status)
	}
	if !obs.Unauthorized || obs.NoCredentials {
		t.Errorf("unauthorized %t, no credentials %t", obs.Unauthorized, obs.NoCredentials)
	}
	if calls := plugin.Calls(t); len(calls) != 1 {
		t.Errorf("%d calls, want 1", len(calls))
	}
}

// Whoever keeps a connection learns that its plugin failed, and is to be asked again.
func TestPluginLeavesNoCredentials(t *testing.T) {
	for _, tc := range []struct {
		plugin *faults.Plugin
		lacks  bool
	}{{faults.FailingPlugin(t), true}, {faults.MissingPlugin(t), true}, {faults.GoodPlugin(t), false}} {
		config, _ := withPlugin(t, tc.plugin.Path)
		obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: []string{path}}, "", long)
		if obs.NoCredentials != tc.lacks || obs.Unauthorized {
			t.Errorf("%s: no credentials %t, unauthorized %t", tc.plugin.Path, obs.NoCredentials, obs.Unauthorized)
		}
	}
}

// A relative command is relative to its kubeconfig; env entries reach it.
func TestPluginCommandAndEnv(t *testing.T) {
	dir := t.TempDir()
	script := `#!/bin/sh
printf '{"apiVersion":"` + execV1 + `","kind":"ExecCredential","status":{"token":"%s"}}' "$WHO"
`
	if err := os.WriteFile(filepath.Join(dir, "login"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	config, _ := withPlugin(t, "./login")
	config.AuthInfos["test"].Exec.Env = []clientcmdapi.ExecEnvVar{{Name: "WHO", Value: faults.Token}}
	text, err := os.ReadFile(write(t, config))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	obs := resolveWith(t, kube.Options{Kubeconfig: file, Env: []string{path, "WHO=nobody"}}, "", long)
	if !obs.Status.Connected() {
		t.Error(obs.Status.Error)
	}
}
