package kube

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/suggest"
)

const (
	// serviceAccountDir is where a pod finds its service account.
	serviceAccountDir = "/var/run/secrets/kubernetes.io/serviceaccount"
	// inCluster names the context, cluster and user made of it.
	inCluster = "in-cluster"

	defaultNamespace = "default"
)

// kubeconfig is the merged kubeconfig of a run, read on first use. Reading is
// the slow part: client-go's own loader does it again for each context.
type kubeconfig struct {
	// text is the kubeconfig itself, from source; nil reads files.
	text   []byte
	source string
	// restricted is nil for a kubeconfig that may ask for anything.
	restricted *Restrictions

	explicit       string
	env            environ.List
	serviceAccount string

	once   sync.Once
	config *clientcmdapi.Config
	// origin names what was read, for messages.
	origin string
	// absent is set if there is no file to read.
	absent bool
	err    error
}

func newKubeconfig(o *Options) *kubeconfig {
	return &kubeconfig{
		text: o.Config, source: o.Origin, restricted: o.Restricted,
		explicit: o.Kubeconfig, env: environ.Or(o.Env), serviceAccount: serviceAccountDir,
	}
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
	if k.text != nil {
		k.origin = k.source
		config, err := parse(k.text, "")
		if err != nil {
			return nil, k.problem(err, "put a kubeconfig there")
		}
		return config, nil
	}
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
		cause := "no such file"
		if len(files) == 0 {
			k.origin, cause = clientcmd.RecommendedConfigPathEnvVar, "it names no file"
		}
		if k.explicit == "" {
			if config := k.inCluster(); config != nil {
				k.origin = k.serviceAccount
				k.absent = false
				return config, nil
			}
		}
		return nil, k.problem(errors.New(cause), advice)
	}
	k.origin = strings.Join(found, string(filepath.ListSeparator))
	config := merge(parts)
	if err := clientcmd.ResolveLocalPaths(config); err != nil {
		return nil, k.problem(err, "write the paths of certificates in full")
	}
	return config, nil
}

// files are the kubeconfig files, the first having precedence, and what to do
// if none of them exists. A list of empty names, as "$A:$B" is without the two
// variables, is no files: the home folder's might be another cluster.
func (k *kubeconfig) files() (files []string, advice string) {
	if k.explicit != "" {
		return []string{k.explicit}, "check --kubeconfig"
	}
	if list := k.env.Get(clientcmd.RecommendedConfigPathEnvVar); list != "" {
		for _, f := range filepath.SplitList(list) {
			if f != "" && !slices.Contains(files, f) {
				files = append(files, f)
			}
		}
		return files, "check KUBECONFIG"
	}
	home := filepath.Join(k.env.Home(), clientcmd.RecommendedHomeDir, clientcmd.RecommendedFileName)
	return []string{home}, "make it, or name another with KUBECONFIG or --kubeconfig"
}

// inCluster describes the API server of the pod that this process runs in, nil
// if it does not run in one.
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

// target looks a context up; "" is the current one. The target is never nil.
func (k *kubeconfig) target(ctx context.Context, name, namespace string) (*target, error) {
	t := &target{name: name, namespace: namespace}
	config, err := k.load(ctx)
	t.origin = k.origin
	if err != nil {
		return t, err
	}
	if name == "" {
		if t.name = config.CurrentContext; t.name == "" {
			return t, k.noCurrentContext(config)
		}
	}
	found, ok := config.Contexts[t.name]
	if !ok {
		return t, k.noContext(config, t.name, name == "")
	}
	t.context = found.DeepCopy()
	if t.namespace == "" {
		t.namespace = namespaceOf(found)
	}
	known, ok := config.Clusters[found.Cluster]
	if !ok {
		return t, k.dangling(t, "cluster", found.Cluster, slices.Collect(maps.Keys(config.Clusters)))
	}
	t.cluster = known.DeepCopy()
	user, ok := config.AuthInfos[found.AuthInfo]
	if !ok {
		return t, k.dangling(t, "user", found.AuthInfo, slices.Collect(maps.Keys(config.AuthInfos)))
	}
	t.user = user.DeepCopy()
	return t, k.understand(t)
}

// dangling is a context that refers to what does not exist.
func (k *kubeconfig) dangling(t *target, kind, name string, known []string) error {
	advice := fmt.Sprintf("run kubectl config set-context %s --%s=NAME", strconv.Quote(t.name), kind)
	if name == "" {
		return k.problemf(advice, "context %q names no %s", t.name, kind)
	}
	return k.problemf(advice, "context %q names %s %q, which does not exist%s", t.name, kind, name, suggest.OrOneOf(name, known))
}

// understand completes a target whose parts all exist.
func (k *kubeconfig) understand(t *target) error {
	setCluster := fmt.Sprintf("run kubectl config set-cluster %s --server=https://HOST:PORT", strconv.Quote(t.context.Cluster))
	server, err := url.Parse(t.cluster.Server)
	if err != nil || server.Hostname() == "" || server.Scheme != "https" && server.Scheme != "http" {
		// The message of a URL error contains the URL, which may hold a password.
		return k.problemf(setCluster, "the server of cluster %q is not a URL such as https://HOST:PORT", t.context.Cluster)
	}
	t.server = server
	if t.proxy, err = k.proxy(t); err != nil {
		return err
	}
	if k.restricted != nil {
		t.restricted = k.restricted
		if err := k.restricted.check(t); err != nil {
			return k.problem(err, "fix the entries of context "+strconv.Quote(t.name)+", or ask who runs the hub to allow it")
		}
	}
	if t.user.AuthProvider != nil {
		return k.problemf("use a credential plugin (exec) in its place",
			"user %q has the auth-provider %q, and no auth-provider is supported", t.context.AuthInfo, t.user.AuthProvider.Name)
	}
	// client-go opens these, and would wait for a pipe.
	for _, file := range append(clientcmd.GetClusterFileReferences(t.cluster), clientcmd.GetAuthInfoFileReferences(t.user)...) {
		if err := localfile.Check(*file); *file != "" && err != nil && !errors.Is(err, fs.ErrNotExist) {
			return k.problem(err, "fix the entries of context "+strconv.Quote(t.name))
		}
	}
	one := clientcmdapi.NewConfig()
	one.CurrentContext = t.name
	one.Contexts[t.name] = t.context
	one.Clusters[t.context.Cluster] = t.cluster
	one.AuthInfos[t.context.AuthInfo] = t.user
	t.config, err = clientcmd.NewNonInteractiveClientConfig(*one, t.name, &clientcmd.ConfigOverrides{}, nil).ClientConfig()
	if err != nil {
		text := strings.TrimSuffix(strings.TrimPrefix(err.Error(), "invalid configuration: "), ".")
		return k.problem(wire.Reword(text, err), "fix the entries of context "+strconv.Quote(t.name))
	}
	if t.config.BearerTokenFile != "" {
		token, err := localfile.ReadRegular(t.config.BearerTokenFile)
		if err != nil {
			return k.problem(err, fmt.Sprintf("fix tokenFile of user %q", t.context.AuthInfo))
		}
		t.config.BearerToken, t.config.BearerTokenFile = strings.TrimSpace(string(token)), ""
		if t.config.BearerToken == "" { // the server would be asked anonymously
			return k.problem(errors.New("the tokenFile is empty"), fmt.Sprintf("fix tokenFile of user %q", t.context.AuthInfo))
		}
	}
	return nil
}

// proxy is the proxy that the cluster is reached through, nil for none.
func (k *kubeconfig) proxy(t *target) (*url.URL, error) {
	if t.cluster.ProxyURL == "" {
		if k.restricted != nil {
			return nil, nil // the environment is not the kubeconfig's
		}
		u, err := k.env.Proxies().ProxyFunc()(t.server)
		if err != nil {
			return nil, k.problemf("set HTTPS_PROXY to a URL such as http://HOST:PORT", "the proxy in the environment is not a URL")
		}
		return u, nil
	}
	u, err := url.Parse(t.cluster.ProxyURL)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "socks5"}, u.Scheme) {
		return nil, k.problemf("write it as http://HOST:PORT, https://HOST:PORT or socks5://HOST:PORT",
			"the proxy-url of cluster %q is not a proxy's URL", t.context.Cluster)
	}
	return u, nil
}

func (k *kubeconfig) noCurrentContext(config *clientcmdapi.Config) error {
	if len(config.Contexts) == 0 {
		return k.problemf("name another kubeconfig with KUBECONFIG or --kubeconfig", "it holds no contexts")
	}
	names := slices.Sorted(maps.Keys(config.Contexts))
	return k.problemf("run kubectl config use-context NAME, or name a context in the script", // which one is the user's to choose
		"it has no current-context%s", suggest.OrOneOf("", names))
}

func (k *kubeconfig) noContext(config *clientcmdapi.Config, name string, current bool) error {
	what, advice := "context %q not found%s", "list them with kubectl config get-contexts"
	if current {
		what, advice = "its current-context %q was not found%s", "run kubectl config use-context NAME"
	}
	return k.problemf(advice, what, name, suggest.OrOneOf(name, slices.Sorted(maps.Keys(config.Contexts))))
}
