package realcluster

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/certs"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
	"github.com/sextant-dev/sextant/internal/test/realcluster/kubeconfig"
)

// Bearer tokens that every API server takes.
const (
	adminToken   = faults.Token // what the credential plugins print
	limitedToken = "limitedtoken"
)

// APIServer is a kube-apiserver. Anonymous users may read /version and little
// else, and the group developers what Developers allows it.
type APIServer struct {
	*Server
	// Addr is 127.0.0.1:PORT, URL the same with https.
	Addr, URL string

	dir   string
	tools *Tools
	certs *certs.Set
	// launch starts the server again, at the same address on the same data.
	launch func() (*Server, error)
}

func startAPIServer(at place, name string, etcd *Etcd, flags []string) (*APIServer, []*Server, error) {
	tools, err := at.tools()
	if err != nil {
		return nil, nil, err
	}
	if err := writeServerFiles(at); err != nil {
		return nil, nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, nil, err
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, nil, fmt.Errorf("find a free port: %w", err)
	}
	file := at.file
	args := []string{
		"--etcd-servers", etcd.URL, "--etcd-prefix", "/" + name,
		"--bind-address", "127.0.0.1", "--secure-port", port,
		"--tls-cert-file", file("server.crt"), "--tls-private-key-file", file("server.key"),
		"--client-ca-file", file("ca.crt"), "--token-auth-file", file("tokens.csv"),
		"--service-account-issuer", "https://kubernetes.default.svc",
		"--service-account-key-file", file("sa.pub"), "--service-account-signing-key-file", file("sa.key"),
		"--authorization-mode", "Node,RBAC", "--service-cluster-ip-range", "10.96.0.0/24",
		// It would publish a loopback address, which is an error.
		"--endpoint-reconciler-type", "none",
		// Nothing here makes the service account that each pod would need.
		"--disable-admission-plugins", "ServiceAccount",
		"--enable-priority-and-fairness=false",
		"--cert-dir", file("run"),
	}
	api := &APIServer{Addr: addr, URL: "https://" + addr, dir: at.dir, tools: tools, certs: at.certs}
	client, err := httpsClient(at.certs, at.certs.Admin)
	if err != nil {
		return nil, nil, err
	}
	// It is ready a moment before it has made its own namespaces.
	probes := []string{"/readyz", "/api/v1/namespaces/kube-public", "/api/v1/namespaces/default"}
	probe := func(ctx context.Context) error {
		for _, path := range probes {
			if _, err := httpGet(ctx, client, api.URL+path); err != nil {
				return err
			}
		}
		return nil
	}
	api.launch = func() (*Server, error) {
		return launch("API server "+name, file("log"), exec.Command(tools.APIServer, append(args, flags...)...), probe)
	}
	if api.Server, err = api.launch(); err != nil {
		return nil, nil, err
	}
	config := kubeconfig.Config{}
	config.Add(api.Context("admin", Admin))
	if err := config.Write(file("kubeconfig")); err != nil {
		return nil, []*Server{api.Server}, err
	}
	return api, []*Server{api.Server}, nil
}

// Restart starts the server again after Stop, at the same address on the same data.
func (a *APIServer) Restart(t testing.TB) {
	t.Helper()
	again, err := a.launch()
	if err != nil {
		t.Fatal(err)
	}
	*a.Server = *again // the Site stops it
}

func writeServerFiles(at place) error {
	set := at.certs
	if err := set.Server.Write(at.dir, "server.crt", "server.key"); err != nil {
		return err
	}
	if err := set.ServiceAccount.Write(at.dir, "sa.pub", "sa.key"); err != nil {
		return err
	}
	tokens := fmt.Sprintf("%s,token-%s,1,system:masters\n%s,token-%s,2,%s\n",
		adminToken, certs.AdminUser, limitedToken, certs.LimitedUser, certs.DevelopersGroup)
	for name, data := range map[string][]byte{"ca.crt": set.CA.PEM, "tokens.csv": []byte(tokens)} {
		if err := os.WriteFile(at.file(name), data, 0o600); err != nil {
			return fmt.Errorf("write what an API server reads: %w", err)
		}
	}
	return nil
}

// Kubectl runs kubectl as the administrator, with input on its standard input,
// and returns what it prints.
func (a *APIServer) Kubectl(t testing.TB, input string, args ...string) string {
	t.Helper()
	out, err := a.kubectl(input, args...)
	if err != nil {
		t.Fatalf("on %s: %v", a.Name, err)
	}
	return out
}

func (a *APIServer) kubectl(input string, args ...string) (string, error) {
	cmd := exec.Command(a.tools.Kubectl, append([]string{"--kubeconfig", filepath.Join(a.dir, "kubeconfig")}, args...)...)
	cmd.Env = append(os.Environ(), "HOME="+a.dir) // where it caches
	cmd.Stdin = strings.NewReader(input)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, tail([]byte(stderr.String()), 5))
	}
	return stdout.String(), nil
}
