//go:build real

package realcluster

import (
	"crypto/tls"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// get asks an API server as somebody and returns the status code and the answer.
func get(t *testing.T, api *APIServer, as As, path string) (int, string) {
	t.Helper()
	user := api.Context("", as).User
	config := &tls.Config{RootCAs: api.certs.CA.Pool()}
	if user.Pair.Cert != nil {
		cert, err := user.Pair.TLS()
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{cert}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if user.Token != "" {
		req.Header.Set("Authorization", "Bearer "+user.Token)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body strings.Builder
	if err := resp.Write(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body.String()
}

func TestAPIServerUsers(t *testing.T) {
	api := real.APIServer(t, "alpha")
	api.Apply(t, append(Developers(), LocalRegistryHosting("host: localhost:5000"), Node("one", "amd64", nil))...)
	const configMap = "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"
	tests := []struct {
		as                        As
		version, nodes, configMap int
	}{
		{Admin, 200, 200, 200},
		{AdminByToken, 200, 200, 200},
		{Limited, 200, 403, 200},
		{LimitedByToken, 200, 403, 200},
		{Anonymous, 200, 403, 403},
		{BadToken, 401, 401, 401},
		{ExpiredCert, 401, 401, 401},
	}
	for _, tt := range tests {
		t.Run(string(tt.as), func(t *testing.T) {
			for path, want := range map[string]int{"/version": tt.version, "/api/v1/nodes": tt.nodes, configMap: tt.configMap} {
				if got, body := get(t, api, tt.as, path); got != want {
					t.Errorf("%s: got %d, want %d: %s", path, got, want, body)
				}
			}
		})
	}
	_, body := get(t, api, Admin, "/version")
	if want := `"gitVersion": "` + api.tools.Version + `"`; !strings.Contains(body, want) {
		t.Errorf("/version says %s, want %s", body, want)
	}
	_, body = get(t, api, Limited, configMap)
	if !strings.Contains(body, "localhost:5000") {
		t.Errorf("the ConfigMap is %s", body)
	}
}

func TestAPIServersShareNothingButEtcd(t *testing.T) {
	alpha, gke := real.APIServer(t, "alpha"), real.APIServer(t, "gke", "--version=v1.36.3-gke.1000")
	alpha.Apply(t, Node("only-on-alpha", "arm64", map[string]string{"tilt.dev/registry": "localhost:5001"}))
	if code, body := get(t, gke, Admin, "/api/v1/nodes/only-on-alpha"); code != http.StatusNotFound {
		t.Errorf("got %d: %s", code, body)
	}
	if _, body := get(t, gke, Anonymous, "/version"); !strings.Contains(body, `"v1.36.3-gke.1000"`) {
		t.Errorf("/version says %s", body)
	}
	if again := real.APIServer(t, "alpha"); again != alpha {
		t.Error("a second ask for alpha gave another server")
	}
}

func TestKubeconfig(t *testing.T) {
	api := real.APIServer(t, "alpha")
	admin, limited := api.Context("first", Admin), api.Context("second", Limited)
	admin.Namespace = "team"
	limited.Cluster.Name = "by-another-name"
	path := Kubeconfig(t, admin, limited)
	kubectl := func(args ...string) string {
		out, err := exec.Command(api.tools.Kubectl, append([]string{"--kubeconfig", path}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("kubectl %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	for args, want := range map[string]string{
		"config current-context":                                                   "first",
		"config view --minify -o jsonpath={..namespace}":                           "team",
		"config view -o jsonpath={.contexts[?(@.name=='second')].context.cluster}": "by-another-name",
		"auth whoami -o jsonpath={.status.userInfo.username}":                      "admin",
		"auth whoami --context second -o jsonpath={.status.userInfo.groups[0]}":    "developers",
	} {
		if got := kubectl(strings.Fields(args)...); strings.TrimSpace(got) != want {
			t.Errorf("kubectl %s: got %q, want %q", args, got, want)
		}
	}
}
