package kube

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/localfile"
)

const (
	// serviceAccountDir is where a pod finds its service account.
	serviceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount"
	// inCluster names the context, cluster and user made of it.
	inCluster = "in-cluster"

	defaultNamespace = "default"
)

// kubeconfig is the merged kubeconfig of a run, read on first use. Reading is
// the slow part: client-go's own loader does it anew for each context.
type kubeconfig struct {
	explicit       string
	env            environ.List
	serviceAccount string

	once   sync.Once
	config *clientcmdapi.Config
	// origin names what was read, for messages.
	origin string
	// absent is set where there is no file to read.
	absent bool
	err    error
}

// load reads the kubeconfig, and waits for it no longer than ctx. The result may
// be read, not changed.
func (k *kubeconfig) load(ctx context.Context) (*clientcmdapi.Config, error) {
	k.once.Do(func() {
		k.config, k.err = k.read(ctx)
		if k.config == nil {
			k.config = clientcmdapi.NewConfig()
		}
	})
	return k.config, k.err
}

// loadNow is load for callers without a deadline of their own.
func (k *kubeconfig) loadNow() (*clientcmdapi.Config, error) {
	ctx, done := context.WithTimeout(context.Background(), cluster.DefaultTimeout)
	defer done()
	return k.load(ctx)
}

func (k *kubeconfig) read(ctx context.Context) (*clientcmdapi.Config, error) {
	files, advice := k.files()
	k.origin = strings.Join(files, string(filepath.ListSeparator))
	var found []string
	var parts []*clientcmdapi.Config
	for _, f := range files {
		text, err := localfile.Read(ctx, f)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var part *clientcmdapi.Config
		if err == nil {
			part, err = parse(text, f)
		}
		if err != nil {
			k.origin = f
			return nil, k.problem(err, "check that it is a kubeconfig that you may read")
		}
		found, parts = append(found, f), append(parts, part)
	}
	if len(found) == 0 {
		k.absent = true
		if k.explicit == "" {
			if config := k.inCluster(); config != nil {
				k.origin = k.serviceAccount
				k.absent = false
				return config, nil
			}
		}
		return nil, k.problem(errors.New("no such file"), advice)
	}
	k.origin = strings.Join(found, string(filepath.ListSeparator))
	config := merge(parts)
	if err := clientcmd.ResolveLocalPaths(config); err != nil {
		return nil, k.problem(err, "write the paths of certificates in full")
	}
	return config, nil
}

// files are the kubeconfig files, the first having precedence, and what to do
// where none of them exists.
func (k *kubeconfig) files() (files []string, advice string) {
	if k.explicit != "" {
		return []string{k.explicit}, "check --kubeconfig"
	}
	for _, f := range filepath.SplitList(k.env.Get(clientcmd.RecommendedConfigPathEnvVar)) {
		if f != "" && !slices.Contains(files, f) {
			files = append(files, f)
		}
	}
	if len(files) > 0 {
		return files, "check KUBECONFIG"
	}
	home := filepath.Join(k.env.Home(), clientcmd.RecommendedHomeDir, clientcmd.RecommendedFileName)
	return []string{home}, "make it, or name another with KUBECONFIG or --kubeconfig"
}

// inCluster describes the API server of the pod that this process runs in, nil
// where it runs in none.
func (k *kubeconfig) inCluster() *clientcmdapi.Config {
	host, port := k.env.Get("KUBERNETES_SERVICE_HOST"), k.env.Get("KUBERNETES_SERVICE_PORT")
	token := filepath.Join(k.serviceAccount, "token")
	if _, err := os.Stat(token); host == "" || port == "" || err != nil {
		return nil
	}
	namespace, err := os.ReadFile(filepath.Join(k.serviceAccount, "namespace"))
	if err != nil {
		namespace = nil // an old kubelet writes none
	}
	config := clientcmdapi.NewConfig()
	config.Clusters[inCluster] = &clientcmdapi.Cluster{
		Server:               "https://" + net.JoinHostPort(host, port),
		CertificateAuthority: filepath.Join(k.serviceAccount, "ca.crt"),
	}
	config.AuthInfos[inCluster] = &clientcmdapi.AuthInfo{TokenFile: token}
	config.Contexts[inCluster] = &clientcmdapi.Context{
		Cluster: inCluster, AuthInfo: inCluster, Namespace: strings.TrimSpace(string(namespace)),
	}
	config.CurrentContext = inCluster
	return config
}

func (k *kubeconfig) currentContext() (name, namespace string, err error) {
	config, err := k.loadNow()
	if k.absent && k.explicit == "" {
		return "", "", nil
	}
	if err != nil || config.CurrentContext == "" {
		return "", "", err
	}
	return config.CurrentContext, namespaceOf(config.Contexts[config.CurrentContext]), nil
}

func (k *kubeconfig) contexts() ([]string, error) {
	config, err := k.loadNow()
	if k.absent && k.explicit == "" {
		return nil, nil
	}
	return slices.Sorted(maps.Keys(config.Contexts)), err
}

func namespaceOf(c *clientcmdapi.Context) string {
	if c == nil || c.Namespace == "" {
		return defaultNamespace
	}
	return c.Namespace
}

// problem is a failure to understand the kubeconfig.
func (k *kubeconfig) problem(cause error, advice string) error {
	return &cluster.PhaseError{Phase: cluster.PhaseConfig, Endpoint: k.origin, Cause: cause, Advice: advice}
}

func (k *kubeconfig) problemf(advice, format string, args ...any) error {
	return k.problem(fmt.Errorf(format, args...), advice)
}
