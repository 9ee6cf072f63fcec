package realcluster

import (
	"net/http"
	"os/exec"
)

// Etcd is a store for API servers. Those of one Site share it.
type Etcd struct {
	*Server
	// URL is http://127.0.0.1:PORT.
	URL string
}

func startEtcd(at place) (*Etcd, []*Server, error) {
	tools, err := at.tools()
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
		"--name", "test", "--data-dir", at.file("data"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", url, "--advertise-client-urls", url,
		"--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL, "--initial-cluster", "test="+peerURL)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	server, err := launch("etcd", at.file("log"), cmd, probeHTTP(client, url+"/health"))
	if err != nil {
		return nil, nil, err
	}
	return &Etcd{server, url}, []*Server{server}, nil
}
