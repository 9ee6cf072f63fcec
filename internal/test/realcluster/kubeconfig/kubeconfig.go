package kubeconfig

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// Config is a kubeconfig. Its zero value is empty and has no current context.
type Config struct {
	Clusters []Cluster
	Users    []User
	Contexts []Context
	// Current is the name of the current context.
	Current string
}

// Cluster is an API server and how to reach it.
type Cluster struct {
	Name   string
	Server string // URL
	// CA is the PEM of who vouches for the server; nil for the machine's own.
	CA            []byte
	TLSServerName string
	ProxyURL      string
}

// User is a set of credentials. One with none is anonymous.
type User struct {
	Name  string
	Pair  certs.Pair
	Token string
	Exec  *Exec
}

// Exec is a credential plugin.
type Exec struct {
	Command string
	Args    []string
	// InteractiveMode is Never if empty, else IfAvailable or Always.
	InteractiveMode    string
	InstallHint        string
	ProvideClusterInfo bool
}

// Context names a cluster, a user and a namespace together.
type Context struct {
	Name, Cluster, User, Namespace string
}

// Entry is a context with the cluster and the user that it names.
type Entry struct {
	// Context is its name.
	Context   string
	Namespace string
	Cluster   Cluster
	User      User
}

// Add puts entries in: each context, and its cluster and user where nothing of
// their names is there yet. The first context added is the current one.
func (c *Config) Add(entries ...Entry) {
	for _, e := range entries {
		if !slices.ContainsFunc(c.Clusters, func(o Cluster) bool { return o.Name == e.Cluster.Name }) {
			c.Clusters = append(c.Clusters, e.Cluster)
		}
		if !slices.ContainsFunc(c.Users, func(o User) bool { return o.Name == e.User.Name }) {
			c.Users = append(c.Users, e.User)
		}
		c.Contexts = append(c.Contexts, Context{e.Context, e.Cluster.Name, e.User.Name, e.Namespace})
		if c.Current == "" {
			c.Current = e.Context
		}
	}
}

// Write puts the file at path, readable by its owner only.
func (c *Config) Write(path string) error {
	data, err := c.Marshal()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write a kubeconfig: %w", err)
	}
	return nil
}

// Marshal returns the file as JSON, which is YAML too. Certificates and keys are
// inside it.
func (c *Config) Marshal() ([]byte, error) {
	file := map[string]any{"apiVersion": "v1", "kind": "Config", "current-context": c.Current}
	file["clusters"] = named(c.Clusters, "cluster", func(one Cluster) (string, any) {
		return one.Name, cluster{one.Server, one.CA, one.TLSServerName, one.ProxyURL}
	})
	file["users"] = named(c.Users, "user", func(one User) (string, any) {
		return one.Name, user{one.Pair.Cert, one.Pair.Key, one.Token, one.Exec.file()}
	})
	file["contexts"] = named(c.Contexts, "context", func(one Context) (string, any) {
		return one.Name, context{one.Cluster, one.User, one.Namespace}
	})
	data, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode a kubeconfig: %w", err)
	}
	return append(data, '\n'), nil
}

// The parts of the file, in the words of k8s.io/client-go/tools/clientcmd/api/v1.
type (
	cluster struct {
		Server        string `json:"server"`
		CA            []byte `json:"certificate-authority-data,omitempty"`
		TLSServerName string `json:"tls-server-name,omitempty"`
		ProxyURL      string `json:"proxy-url,omitempty"`
	}
	user struct {
		Cert  []byte `json:"client-certificate-data,omitempty"`
		Key   []byte `json:"client-key-data,omitempty"`
		Token string `json:"token,omitempty"`
		Exec  any    `json:"exec,omitempty"`
	}
	context struct {
		Cluster   string `json:"cluster"`
		User      string `json:"user"`
		Namespace string `json:"namespace,omitempty"`
	}
)

func (e *Exec) file() any {
	if e == nil {
		return nil
	}
	mode := e.InteractiveMode
	if mode == "" {
		mode = "Never"
	}
	return map[string]any{
		"apiVersion": "client.authentication.k8s.io/v1", "command": e.Command, "args": e.Args,
		"interactiveMode": mode, "installHint": e.InstallHint, "provideClusterInfo": e.ProvideClusterInfo,
	}
}

// named puts the name of each part beside it, as the lists of the file have it.
func named[T any](parts []T, key string, split func(T) (name string, part any)) []map[string]any {
	list := make([]map[string]any, 0, len(parts))
	for _, one := range parts {
		name, part := split(one)
		list = append(list, map[string]any{"name": name, key: part})
	}
	return list
}
