package attack

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// canary begins every secret of these tests, in the clear or in base64 at any
// of its three alignments.
const canary = "CANARYBIRD"

// spilled returns the first secret in a string, with what is around it.
func spilled(text string) string {
	needles := []string{canary, strings.ToLower(canary)}
	for pad := range 3 {
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", pad) + canary))
		needles = append(needles, encoded[4:12])
	}
	for _, n := range needles {
		if i := strings.Index(text, n); i >= 0 {
			return text[max(0, i-100):min(len(text), i+60)]
		}
	}
	return ""
}

// echoes are handlers that send back what they were sent, each in another place.
func echoes(base string) map[string]http.Handler {
	credentials := func(r *http.Request) string {
		return r.Header.Get("Authorization") + r.Header.Get("Proxy-Authorization")
	}
	bare := func(r *http.Request) string {
		_, token, _ := strings.Cut(credentials(r), " ")
		return token
	}
	return map[string]http.Handler{
		"headers": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { r.Header.Write(w) }),
		"version": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, `{"gitVersion": %q}`, bare(r)) }),
		"message": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("WWW-Authenticate", credentials(r))
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, credentials(r))
		}),
		"redirect": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", base+"/"+bare(r)+"?token="+bare(r)+"#"+bare(r))
			w.WriteHeader(http.StatusFound)
		}),
		"redirect to nowhere": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "://%zz"+bare(r))
			w.WriteHeader(http.StatusFound)
		}),
		"redirect with a user": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", strings.Replace(base, "://", "://"+bare(r)+"@", 1))
			w.WriteHeader(http.StatusTemporaryRedirect)
		}),
	}
}

// rawEcho speaks plain TCP and answers every request with its Authorization
// header where the status line, or a header, or the length of the body belongs.
func rawEcho(t *testing.T, format string) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			req, err := http.ReadRequest(bufio.NewReader(conn))
			if err == nil {
				fmt.Fprintf(conn, format, req.Header.Get("Authorization")+req.Header.Get("Proxy-Authorization"))
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-served })
	return l.Addr().String()
}

var rawEchoes = map[string]string{
	"status line": "%s\r\n\r\n",
	"header":      "HTTP/1.1 200 OK\r\n%s\r\n\r\n",
	"length":      "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n",
	"encoding":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
	"code":        "HTTP/1.1 %s\r\n\r\n",
	"reason":      "HTTP/1.1 407 %s\r\n\r\n",
}

// leaky is a kubeconfig whose every context has a secret that something about
// it could leak.
func leaky(t *testing.T) *clientcmdapi.Config {
	config := clientcmdapi.NewConfig()
	users := map[string]*clientcmdapi.AuthInfo{
		"token": {Token: canary + "-token-of-a-user"},
		"basic": {Username: "jane", Password: canary + "-password"},
	}
	ca := faults.Certificates(t).CA.PEM
	add := func(name, server string, user *clientcmdapi.AuthInfo) *clientcmdapi.Cluster {
		config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
		config.AuthInfos[name] = user
		config.Clusters[name] = &clientcmdapi.Cluster{Server: server}
		if strings.HasPrefix(server, "https:") {
			config.Clusters[name].CertificateAuthorityData = ca
		}
		return config.Clusters[name]
	}
	other := clustertest.NewKube(t, clustertest.KubeFacts{})
	withUser := func(u string) string { return strings.Replace(u, "://", "://jane:"+canary+"-in-url@", 1) }
	for login, user := range users {
		for name, h := range echoes(other.URL) {
			add("echo in "+name+" by "+login, faults.Serve(t, h).URL, user)
			add("proxy echo in "+name+" by "+login, "https://kubernetes.default.svc:6443", user).ProxyURL = withUser(faults.Plain(t, h).URL)
		}
		for name, format := range rawEchoes {
			add("raw echo in "+name+" by "+login, "http://"+rawEcho(t, format), user)
			add("raw proxy echo in "+name+" by "+login, "https://kubernetes.default.svc:6443", user).ProxyURL = withUser("http://" + rawEcho(t, format))
		}
		add("refused by "+login, withUser(faults.Refused(t).URL), user)
		add("reset by "+login, withUser(faults.Reset(t).URL), user)
		add("sound by "+login, withUser(other.URL), user)
		add("wrong CA by "+login, withUser(faults.WrongCA(t, faults.HTML()).URL), user)
		add("dead proxy by "+login, other.URL, user).ProxyURL = withUser("http://" + faults.Refused(t).Addr)
		add("dead socks by "+login, other.URL, user).ProxyURL = withUser("socks5://" + faults.Refused(t).Addr)
		add("bad proxy by "+login, other.URL, user).ProxyURL = "http://jane:" + canary + "@[::1"
		add("bad server by "+login, "https://jane:"+canary+"@[::1", user)
	}
	add("key", other.URL, &clientcmdapi.AuthInfo{ClientCertificateData: []byte(canary), ClientKeyData: []byte(canary + "-key")})
	add("newline", other.URL, &clientcmdapi.AuthInfo{Token: canary + "\nin two lines"})
	add("impersonation", other.URL, &clientcmdapi.AuthInfo{Token: canary, ImpersonateGroups: []string{"g"}})
	add("provider", other.URL, &clientcmdapi.AuthInfo{AuthProvider: &clientcmdapi.AuthProviderConfig{Name: "gcp", Config: map[string]string{"access-token": canary}}})
	for name, script := range map[string]string{
		// Standard error is for the user to see, as with kubectl.
		"garbage": `echo ` + canary + `; echo log in first >&2`,
		"failure": `echo ` + canary + `; echo log in first >&2; exit 3`,
		"broken":  `echo '{"kind":"ExecCredential","apiVersion":"` + canary + `","status":{"token":"` + canary + `"}}'`,
		"pair":    `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"clientCertificateData":"` + canary + `","clientKeyData":"` + canary + `"}}'`,
		"token":   `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"` + canary + `-of-a-plugin"}}'`,
	} {
		server := other.URL
		if name == "token" {
			server = faults.Serve(t, echoes(other.URL)["version"]).URL
		}
		add("plugin "+name, server, &clientcmdapi.AuthInfo{Exec: &clientcmdapi.ExecConfig{
			Command: "/bin/sh", Args: []string{"-c", script, canary}, APIVersion: "client.authentication.k8s.io/v1",
			Env: []clientcmdapi.ExecEnvVar{{Name: "PLUGIN_SECRET", Value: canary}}, InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
		}})
	}
	return config
}
