package attack

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// oneKube resolves the current context of a kubeconfig.
func oneKube(t *testing.T, config *clientcmdapi.Config, deadline time.Duration, env ...string) cluster.Observation {
	t.Helper()
	return oneKubeFile(t, writeConfig(t, config), deadline, env...)
}

func oneKubeFile(t *testing.T, kubeconfig string, deadline time.Duration, env ...string) cluster.Observation {
	t.Helper()
	r := kube.New(kube.Options{Kubeconfig: kubeconfig, Env: append([]string{}, env...)})
	defer r.Close()
	return resolve(t, r, cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}, deadline)
}

// oneDocker resolves the daemon that the environment leads to.
func oneDocker(t *testing.T, deadline time.Duration, env ...string) cluster.Observation {
	t.Helper()
	return resolve(t, docker.New(docker.Options{Env: append([]string{}, env...)}),
		cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}}, deadline)
}

func resolve(t *testing.T, r cluster.Resolver, connection cluster.ClusterConnection, deadline time.Duration) cluster.Observation {
	t.Helper()
	obs, err := cluster.Timeout(r, deadline).Resolve(t.Context(), cluster.Request{Name: "test", Connection: connection})
	if err != nil {
		t.Fatal(err)
	}
	return obs
}

const patience = 20 * time.Second

// A redirect to another server is not followed, so nothing is sent to it.
func TestRedirectCarriesNothing(t *testing.T) {
	var reached atomic.Int64
	note := func(_ http.ResponseWriter, r *http.Request) bool { reached.Add(1); return false }
	otherKube := clustertest.NewKube(t, clustertest.KubeFacts{Fault: note})
	otherDaemon := clustertest.NewDocker(t, clustertest.DockerFacts{Fault: note})
	for _, code := range []int{301, 302, 303, 307, 308} {
		away := func(base string) func(http.ResponseWriter, *http.Request) bool {
			return func(w http.ResponseWriter, r *http.Request) bool {
				http.Redirect(w, r, base+r.URL.RequestURI(), code)
				return true
			}
		}
		api := clustertest.NewKube(t, clustertest.KubeFacts{Token: "sixteen-or-more-bytes", Fault: away(otherKube.URL)})
		if got := oneKube(t, api.Kubeconfig(), patience).Status.Error; !strings.Contains(got, "the server redirects to "+otherKube.URL+", which is not followed") {
			t.Errorf("%d: %q", code, got)
		}
		daemon := clustertest.NewDocker(t, clustertest.DockerFacts{Fault: away("http" + strings.TrimPrefix(otherDaemon.Host(), "tcp"))})
		if got := oneDocker(t, patience, daemon.Env()...).Status.Error; !strings.Contains(got, "redirects are not followed") {
			t.Errorf("docker, %d: %q", code, got)
		}
	}
	if n := reached.Load(); n > 0 {
		t.Errorf("%d requests reached the other servers", n)
	}
}

// Proxies come from the environment, but for the hosts in NO_PROXY; one that
// asks for a login is warned.
func TestProxyEnvironment(t *testing.T) {
	proxy, locked := faults.Proxy(t), faults.DenyingProxy(t)
	api := clustertest.NewKube(t, clustertest.KubeFacts{})
	daemon := clustertest.NewDocker(t, clustertest.DockerFacts{TLS: true})
	const name = "kubernetes.default.svc" // it is in both certificates, and resolves nowhere
	config := api.Kubeconfig()
	config.Clusters["test"].Server = strings.Replace(api.URL, "127.0.0.1", name, 1)
	host := "DOCKER_HOST=" + strings.Replace(daemon.Host(), "127.0.0.1", name, 1)
	for _, tc := range []struct {
		env  []string
		used int
		want string // "" for connected
	}{
		{[]string{"HTTPS_PROXY=" + proxy.URL}, 1, ""},
		{[]string{"https_proxy=" + proxy.URL, "NO_PROXY=example.test"}, 1, ""},
		{[]string{"HTTPS_PROXY=" + proxy.URL, "NO_PROXY=.svc"}, 0, "no such host"},
		{[]string{"HTTPS_PROXY=" + proxy.URL, "no_proxy=" + name}, 0, "no such host"},
		{[]string{"HTTP_PROXY=" + proxy.URL}, 0, "no such host"},
		{[]string{"HTTPS_PROXY=" + locked.URL}, 0, "Proxy Authentication Required"},
	} {
		check := func(kind string, obs cluster.Observation, before int) {
			t.Helper()
			if got := obs.Status.Error; tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("%s, %v: %q, want %q", kind, tc.env, got, tc.want)
			}
			if used := proxy.Connections() - before; used != tc.used {
				t.Errorf("%s, %v: %d connections to the proxy, want %d", kind, tc.env, used, tc.used)
			}
		}
		before := proxy.Connections()
		check("kube", oneKube(t, config, patience, tc.env...), before)
		before = proxy.Connections()
		env := append(daemon.Env(), append(tc.env, host)...)
		check("docker", oneDocker(t, patience, env...), before)
	}
}

// A server that has an IPv6 address only, and a name of which one address is
// dead, are reached.
func TestAddresses(t *testing.T) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{})
	daemon := clustertest.NewDocker(t, clustertest.DockerFacts{})
	for _, tc := range []struct{ listen, host string }{
		{"[::1]:0", "[::1]"}, {"[::1]:0", "localhost"}, {"127.0.0.1:0", "localhost"},
	} {
		if names, err := net.LookupHost("localhost"); tc.host == "localhost" && tc.listen == "[::1]:0" && (err != nil || !slices.Contains(names, "::1")) {
			continue // this machine's localhost has no such address
		}
		if l, err := net.Listen("tcp", tc.listen); err != nil {
			t.Skipf("this machine has no %s: %v", tc.listen, err)
		} else {
			l.Close()
		}
		at := func(upstream string) string {
			_, port, err := net.SplitHostPort(newChaos(t, tc.listen, upstream, nil).addr())
			if err != nil {
				t.Fatal(err)
			}
			return tc.host + ":" + port
		}
		config := api.Kubeconfig()
		config.Clusters["test"].Server = "https://" + at(strings.TrimPrefix(api.URL, "https://"))
		if obs := oneKube(t, config, patience); !obs.Status.Connected() {
			t.Errorf("kube, %v: %s", tc, obs.Status.Error)
		}
		host := at(strings.TrimPrefix(daemon.Host(), "tcp://"))
		if obs := oneDocker(t, patience, "DOCKER_HOST=tcp://"+host); !obs.Status.Connected() {
			t.Errorf("docker, %v: %s", tc, obs.Status.Error)
		}
	}
}

// Wherever a connection goes half-open, the run ends with its deadline.
func TestHalfOpen(t *testing.T) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{})
	const deadline = 200 * time.Millisecond
	pulse := newPulse(t)
	for _, down := range []bool{false, true} {
		for _, at := range []int{0, 1000} {
			p := plan{{{down: down, at: at, action: stall}}}
			c := newChaos(t, "127.0.0.1:0", strings.TrimPrefix(api.URL, "https://"), p)
			config := api.Kubeconfig()
			config.Clusters["test"].Server = "https://" + c.addr()
			started := time.Now()
			obs := oneKube(t, config, deadline)
			if elapsed := time.Since(started); elapsed > deadline+grace+4*pulse.longest() {
				t.Errorf("%v: %s", p, elapsed)
			}
			if status := obs.Status; status.Connected() == (status.Error != "") || !status.Connected() && !strings.Contains(fmt.Sprint(status.Error), "deadline") {
				t.Errorf("%v: %+v", p, status)
			}
		}
	}
}
