package realcluster

import (
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
)

// Etcd is a store for API servers. Those of one Site share it.
type Etcd struct {
	*Server
	// URL is http://127.0.0.1:PORT.
	URL string
}

// Etcd returns the Site's etcd.
func (s *Site) Etcd(t testing.TB) *Etcd {
	t.Helper()
	return ask(t, s, "etcd", s.startEtcd)
}

func (s *Site) startEtcd(dir string) (*Etcd, []*Server, error) {
	tools, err := s.tools()
	if err != nil {
		return nil, nil, err
	}
	clients, err := freeAddr()
	if err != nil {
		return nil, nil, err
	}
	peers, err := freeAddr()
	if err != nil {
		return nil, nil, err
	}
	url, peerURL := "http://"+clients, "http://"+peers
	cmd := exec.Command(tools.Etcd,
		"--name", "test", "--data-dir", filepath.Join(dir, "data"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", url, "--advertise-client-urls", url,
		"--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL, "--initial-cluster", "test="+peerURL)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	server, err := launch("etcd", filepath.Join(dir, "log"), cmd, probeHTTP(client, url+"/health"))
	if err != nil {
		return nil, nil, err
	}
	return &Etcd{server, url}, []*Server{server}, nil
}
