package clustertest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// KubeFacts are what a Kubernetes API server answers. The zero value is a
// cluster with one amd64 node and no registry.
type KubeFacts struct {
	// Name names context, cluster and user in the kubeconfig; "" is "test".
	Name string
	// Version is the gitVersion; "" is v1.36.3.
	Version string
	// UID is that of namespace kube-system, by which a cluster is known; "" is one
	// made of Name.
	UID string
	// Nodes are listed in this order; nil is one node of architecture amd64,
	// an empty list is none.
	Nodes []Node
	// ConfigMaps are the data of each, by namespace/name.
	ConfigMaps map[string]map[string]string
	// NodePorts are the Services: the node port of each, by namespace/name.
	NodePorts map[string]int32
	// Token is the bearer token that the kubeconfig's user has and that the
	// server wants; any other, and none, is answered 401. "" asks for none.
	Token string
	// Status answers a path with that code, such as 403 for /api/v1/nodes.
	Status map[string]int
	// Latency passes before each answer.
	Latency time.Duration
	// Fault, if set, sees each request first, and answers it if it returns
	// true. See [Hang].
	Fault func(http.ResponseWriter, *http.Request) bool
}

// Node is a node's metadata.
type Node struct {
	Name        string
	Labels      map[string]string
	Annotations map[string]string
}

// ArchNode returns a node with the label of its architecture.
func ArchNode(name, arch string) Node {
	return Node{Name: name, Labels: map[string]string{"kubernetes.io/arch": arch}}
}

// LocalRegistry returns the ConfigMaps of a cluster that advertises a registry
// as KEP-1755 has it, in YAML: `host: "localhost:5000"`.
func LocalRegistry(text string) map[string]map[string]string {
	return map[string]map[string]string{
		"kube-public/local-registry-hosting": {"localRegistryHosting.v1": text},
	}
}

// Kube is a Kubernetes API server on loopback, in this process. It speaks TLS
// and HTTP/2 and counts what reaches it.
type Kube struct {
	// URL is https://127.0.0.1:PORT.
	URL string

	facts       KubeFacts
	listener    net.Listener
	server      *http.Server
	cancel      context.CancelFunc
	serving     sync.WaitGroup
	connections atomic.Int64
	mu          sync.Mutex
	requests    []string
}

// NewKube starts an API server that ends with the test.
func NewKube(t testing.TB, facts KubeFacts) *Kube {
	t.Helper()
	k, err := StartKube(facts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k
}

// StartKube starts an API server, to be closed by the caller.
func StartKube(facts KubeFacts) (*Kube, error) {
	set, err := certs.Shared()
	if err != nil {
		return nil, fmt.Errorf("make the certificates of a test API server: %w", err)
	}
	pair, err := set.Server.TLS()
	if err != nil {
		return nil, fmt.Errorf("make the certificates of a test API server: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start a test API server: %w", err)
	}
	if facts.Name == "" {
		facts.Name = "test"
	}
	if facts.Version == "" {
		facts.Version = "v1.36.3"
	}
	if facts.UID == "" {
		facts.UID = "uid-of-" + facts.Name
	}
	if facts.Nodes == nil {
		facts.Nodes = []Node{ArchNode("node-1", "amd64")}
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := &Kube{URL: "https://" + l.Addr().String(), facts: facts, listener: l, cancel: cancel}
	k.server = &http.Server{
		Handler:     http.HandlerFunc(k.serve),
		TLSConfig:   &tls.Config{Certificates: []tls.Certificate{pair}},
		BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog:    log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				k.connections.Add(1)
				k.serving.Add(1)
			case http.StateClosed, http.StateHijacked:
				k.serving.Done()
			}
		},
	}
	k.serving.Add(1)
	go func() {
		defer k.serving.Done()
		k.server.ServeTLS(l, "", "") // ends with ErrServerClosed
	}()
	return k, nil
}

// Close ends the server and waits for its goroutines.
func (k *Kube) Close() {
	k.cancel()
	k.server.Close()
	k.serving.Wait()
}

// Connections is how many connections were accepted until now.
func (k *Kube) Connections() int { return int(k.connections.Load()) }

// Requests are the paths asked for until now, in order of arrival.
func (k *Kube) Requests() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.requests...)
}

// Kubeconfig returns a kubeconfig with one context for the server, the current
// one. It is the caller's to change.
func (k *Kube) Kubeconfig() *clientcmdapi.Config {
	name := k.facts.Name
	config := clientcmdapi.NewConfig()
	config.CurrentContext = name
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: k.facts.Token}
	config.Clusters[name] = &clientcmdapi.Cluster{Server: k.URL}
	if set, err := certs.Shared(); err == nil { // it has been made, or there were no server
		config.Clusters[name].CertificateAuthorityData = set.CA.PEM
	}
	return config
}

// WriteKubeconfig writes a kubeconfig with the contexts of all the servers and
// returns its path. The first one's context is the current one. The file
// is removed with the test.
func WriteKubeconfig(t testing.TB, servers ...*Kube) string {
	t.Helper()
	all := clientcmdapi.NewConfig()
	for i, k := range servers {
		one := k.Kubeconfig()
		if i == 0 {
			all.CurrentContext = one.CurrentContext
		}
		maps.Copy(all.Contexts, one.Contexts)
		maps.Copy(all.Clusters, one.Clusters)
		maps.Copy(all.AuthInfos, one.AuthInfos)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*all, path); err != nil {
		t.Fatalf("write a kubeconfig: %v", err)
	}
	return path
}
