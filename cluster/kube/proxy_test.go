package kube_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// named is the address of a server on loopback under a name that is in its
// certificate: Go leaves loopback addresses out of the environment's proxies.
func named(url string) string {
	return strings.Replace(url, "127.0.0.1", "kubernetes.default.svc", 1)
}

// The proxy is the cluster's, else the environment's.
func TestProxy(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{})
	const wrong = "http://127.0.0.1:1"
	for _, tc := range []struct {
		name     string
		proxyURL func(proxy string) string
		env      func(proxy string) []string
		used     bool
	}{
		{name: "proxy-url", proxyURL: func(p string) string { return p }, used: true},
		{name: "proxy-url wins", proxyURL: func(p string) string { return p }, env: func(string) []string { return []string{"HTTPS_PROXY=" + wrong} }, used: true},
		{name: "HTTPS_PROXY", env: func(p string) []string { return []string{"HTTPS_PROXY=" + p} }, used: true},
		{name: "https_proxy", env: func(p string) []string { return []string{"https_proxy=" + p, "NO_PROXY=example.test"} }, used: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			proxy := faults.Proxy(t)
			config := server.Kubeconfig()
			config.Clusters["test"].Server = named(server.URL)
			if tc.proxyURL != nil {
				config.Clusters["test"].ProxyURL = tc.proxyURL(proxy.URL)
			}
			env := []string{}
			if tc.env != nil {
				env = tc.env(proxy.URL)
			}
			obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: env}, "", long)
			if !obs.Status.Connected() {
				t.Error(obs.Status.Error)
			}
			if got := proxy.Connections(); got != 1 {
				t.Errorf("%d connections to the proxy, want 1", got)
			}
		})
	}
}

// The proxy gets the user and the password of its URL; nobody else does.
func TestProxyLogin(t *testing.T) {
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte("user:canary"))
	proxy := faults.Plain(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Proxy-Authorization"); got != want {
			t.Errorf("Proxy-Authorization %q, want %q", got, want)
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	config := configFor(t, "https://kubernetes.default.svc:6443")
	config.Clusters["prod"].ProxyURL = strings.Replace(proxy.URL, "http://", "http://user:canary@", 1)
	obs := resolve(t, config, long)
	const message = `proxy at http://ADDR failed: the proxy answered 403 Forbidden; check proxy-url of cluster "prod" in DIR/config`
	if diff := cmp.Diff(message, masked(obs.Status.Error)); diff != "" {
		t.Errorf("status.error (-want +got):\n%s", diff)
	}
}

func TestProxyProblem(t *testing.T) {
	connected := func(s *faults.Server) bool { return s.Connections() > 0 }
	for _, tc := range []struct {
		name   string
		proxy  func(testing.TB) *faults.Server
		env    bool
		scheme string
		hangs  func(*faults.Server) bool
		want   string
	}{{
		name: "hangs", proxy: faults.HangingProxy, hangs: func(s *faults.Server) bool { return s.Requests() > 0 },
		want: `proxy at http://ADDR failed: no answer before the deadline; check proxy-url of cluster "prod" in DIR/config`,
	}, {
		name: "wants a login", proxy: faults.DenyingProxy,
		want: `proxy at http://ADDR failed: the proxy answered 407 Proxy Authentication Required; put a user and a password into proxy-url of cluster "prod" in DIR/config`,
	}, {
		name: "wants a login, from the environment", proxy: faults.DenyingProxy, env: true,
		want: `proxy at http://ADDR failed: the proxy answered 407 Proxy Authentication Required; put a user and a password into the proxy in the environment (HTTPS_PROXY, NO_PROXY)`,
	}, {
		name: "refused", proxy: faults.Refused, scheme: "http",
		want: `proxy at http://ADDR failed: connection refused (2 attempts); check proxy-url of cluster "prod" in DIR/config`,
	}, {
		name: "silent", proxy: faults.Silent, scheme: "http", hangs: connected,
		want: `proxy at http://ADDR failed: no answer before the deadline; check proxy-url of cluster "prod" in DIR/config`,
	}, {
		name: "reset", proxy: faults.Reset, scheme: "http",
		want: `proxy at http://ADDR failed: the connection was closed by the other side (2 attempts); check proxy-url of cluster "prod" in DIR/config`,
	}, {
		name: "silent socks", proxy: faults.Silent, scheme: "socks5", hangs: connected,
		want: `proxy at socks5://ADDR failed: no answer before the deadline; check proxy-url of cluster "prod" in DIR/config`,
	}} {
		t.Run(tc.name, func(t *testing.T) {
			proxy := tc.proxy(t)
			address := proxy.URL
			if tc.scheme != "" {
				address = tc.scheme + "://" + proxy.Addr
			}
			config := configFor(t, "https://kubernetes.default.svc:6443")
			env := []string{}
			if tc.env {
				env = append(env, "HTTPS_PROXY="+address)
			} else {
				config.Clusters["prod"].ProxyURL = address
			}
			r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: env})
			defer r.Close()
			var reached func() bool
			if tc.hangs != nil {
				reached = func() bool { return tc.hangs(proxy) }
			}
			obs := resolveIn(expiresAt(t, reached), t, r, "")
			if diff := cmp.Diff(tc.want, masked(obs.Status.Error)); diff != "" {
				t.Errorf("status.error (-want +got):\n%s", diff)
			}
			if got := obs.Status.Endpoint; got != "https://kubernetes.default.svc:6443" {
				t.Errorf("endpoint %q, want the server", got)
			}
		})
	}
}

// TLS behind a proxy is the server's matter, not the proxy's.
func TestTLSBehindProxy(t *testing.T) {
	proxy := faults.Proxy(t)
	server := faults.WrongCA(t, sound)
	config := configFor(t, named(server.URL))
	config.Clusters["prod"].ProxyURL = proxy.URL
	if got, want := resolve(t, config, long).Status.Error, "TLS handshake with "+named(server.URL); !strings.HasPrefix(got, want) {
		t.Errorf("%q, want it to begin with %q", got, want)
	}
}
