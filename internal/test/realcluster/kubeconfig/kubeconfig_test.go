package kubeconfig

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// The text is what kubectl takes; the real tests of package realcluster have
// it do so.
func TestWrite(t *testing.T) {
	var config Config
	good := Cluster{Name: "good", Server: "https://127.0.0.1:6443", CA: []byte("CA"), ProxyURL: "http://127.0.0.1:3128"}
	config.Add(
		Entry{Context: "one", Namespace: "team", Cluster: good, User: User{Name: "cert", Pair: certs.Pair{Cert: []byte("C"), Key: []byte("K")}}},
		Entry{Context: "two", Cluster: good, User: User{Name: "plugin", Exec: &Exec{Command: "/bin/plugin", Args: []string{"-v"}, InstallHint: "install it"}}},
	)
	config.Contexts = append(config.Contexts, Context{Name: "dangling", Cluster: "none", User: "cert"})
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := config.Write(path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "apiVersion": "v1",
  "clusters": [
    {
      "cluster": {
        "server": "https://127.0.0.1:6443",
        "certificate-authority-data": "Q0E=",
        "proxy-url": "http://127.0.0.1:3128"
      },
      "name": "good"
    }
  ],
  "contexts": [
    {
      "context": {
        "cluster": "good",
        "user": "cert",
        "namespace": "team"
      },
      "name": "one"
    },
    {
      "context": {
        "cluster": "good",
        "user": "plugin"
      },
      "name": "two"
    },
    {
      "context": {
        "cluster": "none",
        "user": "cert"
      },
      "name": "dangling"
    }
  ],
  "current-context": "one",
  "kind": "Config",
  "users": [
    {
      "name": "cert",
      "user": {
        "client-certificate-data": "Qw==",
        "client-key-data": "Sw=="
      }
    },
    {
      "name": "plugin",
      "user": {
        "exec": {
          "apiVersion": "client.authentication.k8s.io/v1",
          "args": [
            "-v"
          ],
          "command": "/bin/plugin",
          "installHint": "install it",
          "interactiveMode": "Never",
          "provideClusterInfo": false
        }
      }
    }
  ]
}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
}

// An empty Config is a file with no current context, which is a hard case too.
func TestEmpty(t *testing.T) {
	got, err := new(Config).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	const want = "{\n  \"apiVersion\": \"v1\",\n  \"clusters\": [],\n  \"contexts\": [],\n  \"current-context\": \"\",\n  \"kind\": \"Config\",\n  \"users\": []\n}\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
}
