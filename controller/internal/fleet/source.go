package fleet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// The convention of Cluster API: Secret NAME-kubeconfig, key value.
const (
	secretSuffix = "-kubeconfig"
	secretKey    = "value"
)

// secretName returns the name of the Secret that holds the kubeconfig of a
// cluster, "" if none does.
func secretName(c *cluster.Cluster) string {
	k := c.Spec.Connection.Kubernetes
	switch {
	case k == nil || k.ClusterProfileRef != nil:
		return ""
	case k.SecretRef != nil:
		return cmp.Or(k.SecretRef.Name, c.Name+secretSuffix)
	}
	return c.Name + secretSuffix
}

// source is a kubeconfig, where it comes from, and the resource version of that.
type source struct {
	config  []byte
	origin  string
	version string
}

// source reads the kubeconfig of a cluster. An error is for the cluster's status:
// it shows nothing of a Secret.
func (r *reconciler) source(ctx context.Context, c *cluster.Cluster) (source, error) {
	k := c.Spec.Connection.Kubernetes
	if k == nil {
		return source{}, problem("spec.connection", errors.New("a hub keeps Kubernetes clusters only"), "write spec.connection.kubernetes")
	}
	if k.ClusterProfileRef != nil {
		return r.profile(ctx, types.NamespacedName{Namespace: c.Namespace, Name: k.ClusterProfileRef.Name})
	}
	key := secretKey
	if k.SecretRef != nil {
		key = cmp.Or(k.SecretRef.Key, secretKey)
	}
	name := types.NamespacedName{Namespace: c.Namespace, Name: secretName(c)}
	origin := "Secret " + name.String()
	// One as new as the metadata in the cache, or newer, comes from the API server's
	// memory and costs its store nothing. A change that it has not heard of yet will be
	// in the cache too, and begins another check.
	seen, err := r.sourceVersion(ctx, c)
	if err != nil {
		seen = "" // the present one, from the store
	}
	secret := new(corev1.Secret)
	if err := r.secrets.Get(ctx, name, secret, &client.GetOptions{Raw: &metav1.GetOptions{ResourceVersion: seen}}); err != nil {
		return source{}, readProblem(origin, err)
	}
	config, ok := secret.Data[key]
	if !ok {
		return source{}, problem(origin, fmt.Errorf("it has no key %q", key), "put the kubeconfig there, or name its key in secretRef")
	}
	return source{config, origin, secret.ResourceVersion}, nil
}

// sourceVersion returns the resource version of what source reads. That of a Secret
// comes from the cache; a ClusterProfile is not watched, since a hub need not have
// that kind.
func (r *reconciler) sourceVersion(ctx context.Context, c *cluster.Cluster) (string, error) {
	object, reader := new(metav1.PartialObjectMetadata), r.metadata
	name := types.NamespacedName{Namespace: c.Namespace, Name: secretName(c)}
	object.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if k := c.Spec.Connection.Kubernetes; k != nil && k.ClusterProfileRef != nil {
		name.Name, reader = k.ClusterProfileRef.Name, r.secrets
		object.SetGroupVersionKind(profileKind)
	}
	err := reader.Get(ctx, name, object)
	return object.ResourceVersion, err
}

// readProblem is a Secret or ClusterProfile that could not be read.
func readProblem(origin string, err error) error {
	switch {
	case apierrors.IsNotFound(err):
		return problem(origin, errors.New("not found"), "create it, or name another in spec.connection.kubernetes")
	case apierrors.IsForbidden(err):
		return problem(origin, errors.New("the controller may not read it"), "apply the Role that sextant-controller manifests prints for this namespace")
	}
	return problem(origin, err, "see the log of the hub's API server")
}

func problem(origin string, cause error, advice string) error {
	return &cluster.PhaseError{Phase: cluster.PhaseConfig, Endpoint: origin, Cause: cause, Advice: advice}
}

// profileKind is what a ClusterProfile is, from KEP-4322.
var profileKind = schema.GroupVersionKind{Group: "multicluster.x-k8s.io", Version: "v1alpha1", Kind: "ClusterProfile"}

// A profileStatus is the part of a ClusterProfile's status that describes how to reach
// the cluster. Releases before v0.1 have credentialProviders.
type profileStatus struct {
	Status struct {
		AccessProviders     []accessProvider `json:"accessProviders"`
		CredentialProviders []accessProvider `json:"credentialProviders"`
	} `json:"status"`
}

type accessProvider struct {
	Name    string `json:"name"`
	Cluster struct {
		Server                   string `json:"server"`
		TLSServerName            string `json:"tls-server-name"`
		InsecureSkipTLSVerify    bool   `json:"insecure-skip-tls-verify"`
		CertificateAuthorityData []byte `json:"certificate-authority-data"`
		ProxyURL                 string `json:"proxy-url"`
		DisableCompression       bool   `json:"disable-compression"`
	} `json:"cluster"`
}

// profile makes a kubeconfig of a ClusterProfile: its cluster with the credential
// plugin that whoever runs the controller configured for the provider.
func (r *reconciler) profile(ctx context.Context, name types.NamespacedName) (source, error) {
	origin := "ClusterProfile " + name.String()
	object := new(unstructured.Unstructured)
	object.SetGroupVersionKind(profileKind)
	if err := r.secrets.Get(ctx, name, object); err != nil {
		return source{}, readProblem(origin, err)
	}
	var profile profileStatus
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &profile); err != nil {
		return source{}, problem(origin, errors.New("its status is not that of a ClusterProfile"), "see KEP-4322")
	}
	providers := append(profile.Status.AccessProviders, profile.Status.CredentialProviders...)
	for _, p := range providers {
		plugin, ok := r.options.Providers[p.Name]
		if !ok {
			continue
		}
		config, err := profileConfig(name.Name, p, plugin)
		return source{config, origin, object.GetResourceVersion()}, err
	}
	return source{}, problem(origin, fmt.Errorf("none of its %d access providers is configured here", len(providers)),
		"name one with --provider of sextant-controller")
}

func profileConfig(name string, p accessProvider, plugin kube.Plugin) ([]byte, error) {
	config := clientcmdapi.NewConfig()
	config.CurrentContext = name
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: p.Name}
	config.Clusters[name] = &clientcmdapi.Cluster{
		Server:                   p.Cluster.Server,
		TLSServerName:            p.Cluster.TLSServerName,
		InsecureSkipTLSVerify:    p.Cluster.InsecureSkipTLSVerify,
		CertificateAuthorityData: p.Cluster.CertificateAuthorityData,
		ProxyURL:                 p.Cluster.ProxyURL,
		DisableCompression:       p.Cluster.DisableCompression,
	}
	exec := &clientcmdapi.ExecConfig{
		Command: plugin.Command, Args: plugin.Args, APIVersion: "client.authentication.k8s.io/v1",
		InteractiveMode: clientcmdapi.NeverExecInteractiveMode, ProvideClusterInfo: true,
	}
	for _, v := range plugin.Env {
		key, value, _ := strings.Cut(v, "=")
		exec.Env = append(exec.Env, clientcmdapi.ExecEnvVar{Name: key, Value: value})
	}
	config.AuthInfos[p.Name] = &clientcmdapi.AuthInfo{Exec: exec}
	return clientcmd.Write(*config)
}
