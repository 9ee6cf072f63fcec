package kube_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
)

const threeContexts = `
apiVersion: v1
kind: Config
contexts:
- {name: prod, context: {cluster: prod, user: me}}
- {name: prod-eu, context: {cluster: prod, user: me, namespace: web}}
- {name: staging, context: {cluster: prod, user: me}}
clusters:
- {name: prod, cluster: {server: "https://127.0.0.1:1"}}
users:
- {name: me, user: {}}
`

// Each thing that can be wrong with a kubeconfig is one line that names the
// file, what is wrong, and what to do.
func TestKubeconfigProblem(t *testing.T) {
	// with changes threeContexts, each time one string to another.
	with := func(changes ...string) string { return strings.NewReplacer(changes...).Replace(threeContexts) }
	current := func(name string) string { return threeContexts + "current-context: " + name + "\n" }
	server := "\"https://127.0.0.1:1\""
	for _, tc := range []struct {
		name, text, context string
		want                string
	}{{
		name: "empty", text: "",
		want: `configuration in DIR/config failed: it holds no contexts; name another kubeconfig with KUBECONFIG or --kubeconfig`,
	}, {
		name: "comment", text: "# nothing\n",
		want: `configuration in DIR/config failed: it holds no contexts; name another kubeconfig with KUBECONFIG or --kubeconfig`,
	}, {
		name: "not YAML", text: "\tnot: [yaml",
		want: `configuration in DIR/config failed: yaml: found character that cannot start any token; check that it is a kubeconfig that you may read`,
	}, {
		name: "not a kubeconfig", text: "kind: Pod\napiVersion: v1\n",
		want: `configuration in DIR/config failed: it is of another kind than Config; check that it is a kubeconfig that you may read`,
	}, {
		name: "list", text: "- a\n- b\n",
		want: `configuration in DIR/config failed: it is not a kubeconfig; check that it is a kubeconfig that you may read`,
	}, {
		name: "a name that is a number", text: current("2026"),
		want: `configuration in DIR/config failed: current-context is a number: write it in quotes; check that it is a kubeconfig that you may read`,
	}, {
		name: "a token that is a number", text: with("user: {}", "user: {token: 4711}"),
		want: `configuration in DIR/config failed: users.user.token is a number: write it in quotes; check that it is a kubeconfig that you may read`,
	}, {
		name: "no list", text: with("users:\n- {name: me, user: {}}", "users: canary"),
		want: `configuration in DIR/config failed: users cannot be a string; check that it is a kubeconfig that you may read`,
	}, {
		name: "two of one name", text: threeContexts + "- {name: me, user: {token: canary}}\n",
		want: `configuration in DIR/config failed: two of its users are named "me": rename or remove one; check that it is a kubeconfig that you may read`,
	}, {
		name: "no current context", text: threeContexts,
		want: `configuration in DIR/config failed: it has no current-context: there are "prod", "prod-eu", "staging"; run kubectl config use-context NAME, or name a context in the script`,
	}, {
		name: "current context is missing", text: current("prd"),
		want: `configuration in DIR/config failed: its current-context "prd" was not found (did you mean "prod"?); run kubectl config use-context NAME`,
	}, {
		name: "context is missing", text: current("prod"), context: "stagging",
		want: `configuration in DIR/config failed: context "stagging" not found (did you mean "staging"?); list them with kubectl config get-contexts`,
	}, {
		name: "dangling cluster", text: with("name: prod, cluster", "name: production, cluster"), context: "prod",
		want: `configuration in DIR/config failed: context "prod" names cluster "prod", which does not exist: there is "production"; run kubectl config set-context "prod" --cluster=NAME`,
	}, {
		name: "dangling user", text: with("name: me,", "name: you,"), context: "prod",
		want: `configuration in DIR/config failed: context "prod" names user "me", which does not exist: there is "you"; run kubectl config set-context "prod" --user=NAME`,
	}, {
		name: "no cluster", text: with("cluster: prod, ", ""), context: "prod",
		want: `configuration in DIR/config failed: context "prod" names no cluster; run kubectl config set-context "prod" --cluster=NAME`,
	}, {
		name: "no server", text: with(server, `""`), context: "prod",
		want: `configuration in DIR/config failed: the server of cluster "prod" is not a URL such as https://HOST:PORT; run kubectl config set-cluster "prod" --server=https://HOST:PORT`,
	}, {
		name: "server without a scheme", text: with(server, `"127.0.0.1:1"`), context: "prod",
		want: `configuration in DIR/config failed: the server of cluster "prod" is not a URL such as https://HOST:PORT; run kubectl config set-cluster "prod" --server=https://HOST:PORT`,
	}, {
		name: "server of another scheme", text: with(server, `"ftp://127.0.0.1:1"`), context: "prod",
		want: `configuration in DIR/config failed: the server of cluster "prod" is not a URL such as https://HOST:PORT; run kubectl config set-cluster "prod" --server=https://HOST:PORT`,
	}, {
		name: "server with a password and no URL", text: with(server, `"https://user:canary@[::1"`), context: "prod",
		want: `configuration in DIR/config failed: the server of cluster "prod" is not a URL such as https://HOST:PORT; run kubectl config set-cluster "prod" --server=https://HOST:PORT`,
	}, {
		name: "proxy-url", text: with(server, server+`, proxy-url: "ftp://user:canary@127.0.0.1"`), context: "prod",
		want: `configuration in DIR/config failed: the proxy-url of cluster "prod" is not a proxy's URL; write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT`,
	}, {
		name: "no CA file", text: with(server, server+`, certificate-authority: /no/such/ca.crt`), context: "prod",
		want: `configuration in DIR/config failed: unable to read certificate-authority /no/such/ca.crt for prod due to open /no/such/ca.crt: no such file or directory; fix the entries of context "prod"`,
	}, {
		name: "CA that is none", text: with(server, server+`, certificate-authority-data: bm9uZQ==`), context: "prod",
		want: `configuration in DIR/config failed: the certificate-authority of cluster "prod" holds no certificate; put the cluster's CA there, in PEM`,
	}, {
		name: "CA that is no base64", text: with(server, server+`, certificate-authority-data: "!"`), context: "prod",
		want: `configuration in DIR/config failed: illegal base64 data at input byte 0; check that it is a kubeconfig that you may read`,
	}, {
		name: "CA and insecure", text: with(server, server+`, certificate-authority-data: bm9uZQ==, insecure-skip-tls-verify: true`), context: "prod",
		want: `configuration in DIR/config failed: cluster "prod" has both a certificate-authority and insecure-skip-tls-verify; remove one of them`,
	}, {
		name: "token file", text: with("user: {}", "user: {tokenFile: /no/such/token}"), context: "prod",
		want: `configuration in DIR/config failed: open /no/such/token: no such file or directory; fix the entries of context "prod"`,
	}, {
		name: "token file without a token", text: with("user: {}", "user: {token: canary, tokenFile: "+writeText(t, "token", " \n")+"}"), context: "prod",
		want: `configuration in DIR/config failed: the tokenFile is empty; fix tokenFile of user "me"`,
	}, {
		name: "client certificate without key", text: with("user: {}", "user: {client-certificate-data: bm9uZQ==}"), context: "prod",
		want: `configuration in DIR/config failed: client-key-data or client-key must be specified for me to use the clientCert authentication method; fix the entries of context "prod"`,
	}, {
		name: "client certificate that is none", text: with("user: {}", "user: {client-certificate-data: bm9uZQ==, client-key-data: Y2FuYXJ5}"), context: "prod",
		want: `credentials from DIR/config failed: the client certificate and key of user "me" do not go together or are not PEM; get new ones`,
	}, {
		name: "two ways to log in", text: with("user: {}", "user: {token: canary, username: u, password: canary}"), context: "prod",
		want: `configuration in DIR/config failed: more than one authentication method found for me; found [token basicAuth], only one is allowed; fix the entries of context "prod"`,
	}, {
		name: "auth-provider", text: with("user: {}", "user: {auth-provider: {name: gcp, config: {access-token: canary}}}"), context: "prod",
		want: `configuration in DIR/config failed: user "me" has the auth-provider "gcp", and no auth-provider is supported; use a credential plugin (exec) in its place`,
	}, {
		name: "impersonated groups of nobody", text: with("user: {}", "user: {as-groups: [g]}"), context: "prod",
		want: `configuration in DIR/config failed: requesting uid, groups or user-extra for me without impersonating a user; fix the entries of context "prod"`,
	}} {
		t.Run(tc.name, func(t *testing.T) {
			o := kube.Options{Kubeconfig: writeText(t, "config", tc.text), Env: []string{}}
			obs := resolveWith(t, o, tc.context, long)
			if diff := cmp.Diff(tc.want, masked(obs.Status.Error)); diff != "" {
				t.Errorf("status.error (-want +got):\n%s", diff)
			}
			if strings.Contains(fmt.Sprintf("%+v", obs.Status), "canary") {
				t.Errorf("a secret of the kubeconfig is in %+v", obs)
			}
		})
	}
}

// Which files are read: --kubeconfig, else KUBECONFIG, else the home directory.
func TestKubeconfigFiles(t *testing.T) {
	file := func(contexts ...string) string {
		text := "contexts:\n"
		for _, c := range contexts {
			text += "- {name: " + c + ", context: {cluster: c, user: u, namespace: of-" + c + "}}\n"
		}
		return text + "current-context: " + contexts[0] + "\n"
	}
	a, b := writeText(t, "a", file("a", "both")), writeText(t, "b", file("b", "both"))
	without := writeText(t, "c", strings.Replace(file("c"), "current-context: c\n", "", 1))
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".kube"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".kube", "config"), []byte(file("home")), 0o600); err != nil {
		t.Fatal(err)
	}
	list := func(files ...string) string {
		return "KUBECONFIG=" + strings.Join(files, string(filepath.ListSeparator))
	}
	missing := filepath.Join(home, "missing")
	for _, tc := range []struct {
		name          string
		options       kube.Options
		contexts      []string
		current, inNS string
		err           string
	}{
		{name: "flag", options: kube.Options{Kubeconfig: a, Env: []string{list(b), "HOME=" + home}}, contexts: []string{"a", "both"}, current: "a", inNS: "of-a"},
		{name: "variable", options: kube.Options{Env: []string{list(b), "HOME=" + home}}, contexts: []string{"b", "both"}, current: "b", inNS: "of-b"},
		{name: "list", options: kube.Options{Env: []string{list(b, a)}}, contexts: []string{"a", "b", "both"}, current: "b", inNS: "of-b"},
		{name: "list, the current context from the second", options: kube.Options{Env: []string{list(without, b)}}, contexts: []string{"b", "both", "c"}, current: "b", inNS: "of-b"},
		{name: "list with what cannot be read", options: kube.Options{Env: []string{list(filepath.Join(home, ".kube"), b)}}, err: "configuration in DIR/.kube failed: open DIR/.kube: it is neither a file nor a pipe; check that it is a kubeconfig that you may read"},
		{name: "list with gaps", options: kube.Options{Env: []string{list("", missing, a, a)}}, contexts: []string{"a", "both"}, current: "a", inNS: "of-a"},
		{name: "list of gaps only", options: kube.Options{Env: []string{list("", ""), "HOME=" + home}}},
		{name: "home", options: kube.Options{Env: []string{"HOME=" + home}}, contexts: []string{"home"}, current: "home", inNS: "of-home"},
		{name: "none", options: kube.Options{Env: []string{"HOME=" + filepath.Join(home, "other")}}},
		{name: "missing flag", options: kube.Options{Kubeconfig: missing, Env: []string{}}, err: "configuration in DIR/missing failed: no such file; check --kubeconfig"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := kube.New(tc.options)
			defer r.Close()
			contexts, err := r.Contexts()
			check := func(what string, err error) {
				text := ""
				if err != nil {
					text = masked(err.Error())
				}
				if text != tc.err {
					t.Errorf("%s: %q, want %q", what, text, tc.err)
				}
			}
			check("Contexts", err)
			if diff := cmp.Diff(tc.contexts, contexts); diff != "" {
				t.Errorf("Contexts (-want +got):\n%s", diff)
			}
			current, namespace, err := r.CurrentContext()
			check("CurrentContext", err)
			if current != tc.current || namespace != tc.inNS {
				t.Errorf("CurrentContext: %q in %q, want %q in %q", current, namespace, tc.current, tc.inNS)
			}
		})
	}
}

// The kubeconfig is read once a run, whatever happens to the file.
func TestKubeconfigIsReadOnce(t *testing.T) {
	path := writeText(t, "config", threeContexts)
	r := kube.New(kube.Options{Kubeconfig: path, Env: []string{}})
	defer r.Close()
	before, err := r.Contexts()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	after, err := r.Contexts()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("contexts changed (-before +after):\n%s", diff)
	}
}

// The failure of a request without any kubeconfig names where it looked.
func TestNoKubeconfig(t *testing.T) {
	home := "HOME=" + t.TempDir()
	for _, tc := range []struct {
		env  []string
		want string
	}{
		{[]string{home}, "configuration in DIR/.kube/config failed: no such file; make it, or name another with KUBECONFIG or --kubeconfig"},
		{[]string{home, "KUBECONFIG=" + string(filepath.ListSeparator)}, "configuration in KUBECONFIG failed: it names no file; check KUBECONFIG"},
	} {
		obs := resolveWith(t, kube.Options{Env: tc.env}, "", long)
		if diff := cmp.Diff(tc.want, masked(obs.Status.Error)); diff != "" {
			t.Errorf("status.error (-want +got):\n%s", diff)
		}
	}
}

// The namespace is the script's, else the context's, else default.
func TestNamespace(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{})
	for _, tc := range []struct{ declared, context, want string }{
		{"mine", "theirs", "mine"}, {"", "theirs", "theirs"}, {"", "", "default"},
	} {
		config := server.Kubeconfig()
		config.Contexts["test"].Namespace = tc.context
		r := kube.New(kube.Options{Kubeconfig: write(t, config), Env: []string{}})
		req := request("")
		req.Connection.Kubernetes.Namespace = tc.declared
		obs, err := r.Resolve(t.Context(), req)
		r.Close()
		if err != nil || !obs.Status.Connected() {
			t.Fatalf("%v %s", err, obs.Status.Error)
		}
		want := &cluster.KubernetesClusterConnectionStatus{Cluster: "test", Context: "test", Namespace: tc.want, Product: "unknown"}
		if diff := cmp.Diff(want, obs.Status.Connection.Kubernetes); diff != "" {
			t.Errorf("declared %q, context %q (-want +got):\n%s", tc.declared, tc.context, diff)
		}
	}
}
