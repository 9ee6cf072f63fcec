package kube_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/certs"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// Each way in which a server can fail is one line for the user: the phase, the
// endpoint, the time it took, what went wrong, what to do.
func TestProblem(t *testing.T) {
	version := func(h http.Handler) func(testing.TB) *faults.Server {
		return func(t testing.TB) *faults.Server { return faults.Serve(t, h) }
	}
	unknown := http.NotFoundHandler()
	// All questions are asked: /version, and three beside it.
	asked := func(s *faults.Server) bool { return s.Requests() >= 4 }
	for _, tc := range []struct {
		name   string
		server func(testing.TB) *faults.Server
		change func(testing.TB, *faults.Server, *clientcmdapi.Config)
		// hangs reports whether nothing more comes: then the deadline passes.
		hangs func(*faults.Server) bool
		// connections is how often the server may be connected to; -1 if it
		// cannot count.
		connections int
		want        string
	}{{
		name: "refused", server: faults.Refused, connections: -1,
		want: `connection to https://ADDR failed: connection refused (2 attempts); check that the cluster runs, and server of cluster "prod" in DIR/config`,
	}, {
		name: "unanswered", server: faults.Unanswered, hangs: func(*faults.Server) bool { return true }, connections: -1,
		want: `connection to https://ADDR failed: no answer before the deadline; check that the cluster runs, that no firewall or VPN is in between, and server of cluster "prod" in DIR/config`,
	}, {
		name: "silent", server: faults.Silent, hangs: func(s *faults.Server) bool { return s.Connections() > 0 }, connections: 1,
		want: `TLS handshake with https://ADDR failed: no answer before the deadline; check that an API server listens there`,
	}, {
		name: "reset", server: faults.Reset, connections: 2,
		want: `connection to https://ADDR failed: the connection was closed by the other side (2 attempts); check that the cluster runs, and server of cluster "prod" in DIR/config`,
	}, {
		name: "not TLS", server: func(t testing.TB) *faults.Server { return faults.Plain(t, unknown) }, connections: 1,
		change: func(_ testing.TB, s *faults.Server, c *clientcmdapi.Config) {
			c.Clusters["prod"].Server = "https://" + s.Addr
		},
		want: `TLS handshake with https://ADDR failed: the answer is not TLS; check scheme and port in server of cluster "prod" in DIR/config`,
	}, {
		name: "wrong CA", server: func(t testing.TB) *faults.Server { return faults.WrongCA(t, unknown) }, connections: 1,
		want: `TLS handshake with https://ADDR failed: the certificate is signed by an unknown authority; fix certificate-authority of cluster "prod" in DIR/config`,
	}, {
		name: "wrong name", server: func(t testing.TB) *faults.Server { return faults.WrongName(t, unknown) }, connections: 1,
		want: `TLS handshake with https://ADDR failed: the certificate is valid for somewhere-else.test, not 127.0.0.1; fix server of cluster "prod" in DIR/config, or set tls-server-name there`,
	}, {
		name: "wrong tls-server-name", server: version(unknown), connections: 1,
		change: func(_ testing.TB, _ *faults.Server, c *clientcmdapi.Config) {
			c.Clusters["prod"].TLSServerName = "not-in-the-cert.test"
		},
		want: `TLS handshake with https://ADDR failed: the certificate is valid for localhost, kubernetes, kubernetes.default, kubernetes.default.svc, 127.0.0.1, ::1, not not-in-the-cert.test; fix tls-server-name of cluster "prod" in DIR/config`,
	}, {
		name: "expired server", server: func(t testing.TB) *faults.Server { return faults.Expired(t, unknown) }, connections: 1,
		want: `TLS handshake with https://ADDR failed: the certificate expired on 2020-01-02; renew the server's certificate, or set this machine's clock`,
	}, {
		name: "expired client, answered", server: version(faults.Status(401)), connections: 1,
		change: func(t testing.TB, _ *faults.Server, c *clientcmdapi.Config) {
			useCertificate(c, faults.Certificates(t).ExpiredClient)
		},
		want: `request to https://ADDR failed: the server answered 401 Unauthorized to user "me"; renew the client certificate of user "me" in DIR/config, which expired on 2020-01-02`,
	}, {
		name: "no answer", server: version(faults.NoAnswer()), hangs: asked, connections: 1,
		want: `request to https://ADDR failed: no answer to GET /version before the deadline; try again later, or with a longer --timeout`,
	}, {
		name: "drip", server: version(faults.Drip(10 * time.Millisecond)), hangs: asked, connections: 1,
		want: `request to https://ADDR failed: the answer to GET /version did not end before the deadline, after N bytes; try again later, or with a longer --timeout`,
	}, {
		name: "endless", server: version(faults.Only("/version", faults.Endless(), unknown)), connections: 1,
		want: `request to https://ADDR failed: the answer to GET /version has more than 16 MiB; check server of cluster "prod" in DIR/config: something else may answer there`,
	}, {
		name: "short", server: version(faults.Short()), connections: 1,
		want: `request to https://ADDR failed: the answer to GET /version broke off after N bytes; try again, and check what is between here and the server`,
	}, {
		name: "cut", server: version(faults.Cut()), connections: 1,
		want: `request to https://ADDR failed: no answer to GET /version: the server cut it off; look at the API server's log, or try again later`,
	}, {
		name: "401", server: version(faults.Status(401)), connections: 1,
		want: `request to https://ADDR failed: the server answered 401 Unauthorized to user "me"; renew the credentials of user "me" in DIR/config`,
	}, {
		name: "403", server: version(faults.Status(403)), connections: 1,
		want: `request to https://ADDR failed: the server answered 403 Forbidden to GET /version for user "me"; bind the user to the ClusterRole system:public-info-viewer`,
	}, {
		name: "404", server: version(faults.Status(404)), connections: 1,
		want: `request to https://ADDR failed: the server answered 404 Not Found to GET /version; check server of cluster "prod" in DIR/config: something else may answer there`,
	}, {
		name: "429 for longer than the deadline", server: version(faults.TooMany(3600)), connections: 1,
		want: `request to https://ADDR failed: the server answered 429 Too Many Requests to GET /version and asked for a pause of 1h0m0s, longer than the deadline allows; try again later, or with a longer --timeout`,
	}, {
		name: "429 for ever", server: version(faults.TooMany(0)), hangs: asked, connections: 1,
		want: `request to https://ADDR failed: the server answered 429 Too Many Requests to GET /version until the deadline; try again later, or with a longer --timeout`,
	}, {
		name: "500", server: version(faults.Status(500)), connections: 1,
		want: `request to https://ADDR failed: the server answered 500 Internal Server Error to GET /version; look at the API server's log, or try again later`,
	}, {
		name: "503", server: version(faults.Status(503)), connections: 1,
		want: `request to https://ADDR failed: the server answered 503 Service Unavailable to GET /version; look at the API server's log, or try again later`,
	}, {
		name: "HTML", server: version(faults.HTML()), connections: 1,
		want: `request to https://ADDR failed: the answer to GET /version is not from a Kubernetes API server: no gitVersion; check server of cluster "prod" in DIR/config: something else may answer there`,
	}, {
		name: "redirect", server: version(faults.Redirect("https://example.test:6443")), connections: 1,
		want: `request to https://ADDR failed: the server redirects to https://example.test:6443, which is not followed; check server of cluster "prod" in DIR/config`,
	}} {
		t.Run(tc.name, func(t *testing.T) {
			server := tc.server(t)
			config := configFor(t, server.URL)
			if tc.change != nil {
				tc.change(t, server, config)
			}
			r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{}})
			defer r.Close()
			var reached func() bool
			if tc.hangs != nil {
				reached = func() bool { return tc.hangs(server) }
			}
			ctx := expiresAt(t, reached)
			before := goleak.IgnoreCurrent()
			obs := resolveIn(ctx, t, r, "")
			if tc.hangs == nil && ctx.Err() != nil {
				t.Error("only the deadline ended it")
			}
			noneLeft(t, before)
			if diff := cmp.Diff(tc.want, anyPhaseOfReset(masked(obs.Status.Error))); diff != "" {
				t.Errorf("status.error (-want +got):\n%s", diff)
			}
			if obs.Status.Connected() || obs.Status.ConnectedAt != nil || obs.Status.Version != "" {
				t.Errorf("an unreachable cluster has a status of a connected one: %+v", obs.Status)
			}
			if c := obs.Status.Connection; c == nil || c.Kubernetes.Cluster != "prod" || c.Kubernetes.Context != "ctx" {
				t.Errorf("connection %+v, want context and cluster of the kubeconfig", c)
			}
			if got := server.Connections(); tc.connections >= 0 && got != tc.connections {
				t.Errorf("%d connections, want %d", got, tc.connections)
			}
		})
	}
}

// anyPhaseOfReset makes one of the two phases in which a client can notice that
// a server resets at once.
func anyPhaseOfReset(text string) string {
	const reset = "https://ADDR failed: the connection was closed by the other side"
	return strings.Replace(text, "TLS handshake with "+reset, "connection to "+reset, 1)
}

func useCertificate(c *clientcmdapi.Config, pair certs.Pair) {
	c.AuthInfos["me"] = &clientcmdapi.AuthInfo{ClientCertificateData: pair.Cert, ClientKeyData: pair.Key}
}

// Whatever fails, no observation holds a secret of the kubeconfig, of the
// environment, or of an answer.
func TestNoSecrets(t *testing.T) {
	const canary = "canary"
	leaky := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", canary)
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, canary, r.Header.Get("Authorization"))
	})
	for name, server := range map[string]*faults.Server{
		"refused": faults.Refused(t), "reset": faults.Reset(t), "leaky": faults.Serve(t, leaky),
		"wrong CA": faults.WrongCA(t, leaky), "401": faults.Serve(t, faults.Status(401)), "HTML": faults.Serve(t, faults.HTML()),
		"redirect": faults.Serve(t, faults.Redirect("https://user:"+canary+"@example.test")),
		"proxy":    faults.DenyingProxy(t), "sound": faults.Serve(t, sound),
	} {
		for login, user := range map[string]*clientcmdapi.AuthInfo{
			"token": {Token: canary}, "basic": {Username: canary, Password: canary},
		} {
			address := strings.Replace(server.URL, "https://", "https://user:"+canary+"@", 1)
			config := configFor(t, address)
			config.AuthInfos["me"] = user
			env := []string{}
			if name == "proxy" {
				config.Clusters["prod"].Server = "https://user:" + canary + "@kubernetes.default.svc"
				env = append(env, "HTTPS_PROXY="+strings.Replace(server.URL, "http://", "http://user:"+canary+"@", 1))
			}
			obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: env}, "", long)
			if text := fmt.Sprintf("%+v %+v", obs, obs.Status.Connection.Kubernetes); strings.Contains(text, canary) {
				t.Errorf("%s, %s: a secret in %s", name, login, text)
			}
		}
	}
}
