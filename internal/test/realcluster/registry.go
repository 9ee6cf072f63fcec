package realcluster

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
)

// Registry is an OCI registry in plain HTTP.
type Registry struct {
	*Server
	// Host is localhost:PORT.
	Host string
	// URL is http://127.0.0.1:PORT.
	URL string
}

func startRegistry(at place) (*Registry, []*Server, error) {
	program, err := registry.Find()
	if err != nil {
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
	config := fmt.Sprintf("version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\n",
		at.file("data"), addr)
	file := at.file("config.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, nil, fmt.Errorf("write what the registry reads: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	server, err := launch("registry", at.file("log"), exec.Command(program, "serve", file), probeHTTP(client, "http://"+addr+"/v2/"))
	if err != nil {
		return nil, nil, err
	}
	return &Registry{Server: server, Host: "localhost:" + port, URL: "http://" + addr}, []*Server{server}, nil
}
