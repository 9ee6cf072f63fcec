package clustertest

import (
	"maps"
	"path/filepath"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

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
