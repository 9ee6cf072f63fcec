package kube

import (
	"context"
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
)

// Pinned returns a kubeconfig that holds one context and what it refers to,
// with that context current and certificate files taken in; "" is the current
// context. It holds the user's secrets.
func (r *Resolver) Pinned(name string) ([]byte, error) {
	ctx, done := context.WithTimeout(context.Background(), cluster.DefaultTimeout)
	defer done()
	t, err := r.kubeconfig.target(ctx, name, "")
	if err != nil {
		return nil, err
	}
	// Data overrides a file, and FlattenConfig takes no two of one thing.
	for file, data := range map[*string][]byte{
		&t.cluster.CertificateAuthority: t.cluster.CertificateAuthorityData,
		&t.user.ClientCertificate:       t.user.ClientCertificateData,
		&t.user.ClientKey:               t.user.ClientKeyData,
	} {
		if len(data) > 0 {
			*file = ""
		}
	}
	config := clientcmdapi.NewConfig()
	config.CurrentContext = t.name
	config.Contexts[t.name] = t.context
	config.Clusters[t.context.Cluster] = t.cluster
	config.AuthInfos[t.context.AuthInfo] = t.user
	if err := clientcmdapi.FlattenConfig(config); err != nil {
		return nil, fmt.Errorf("pin context %q: %w", t.name, err)
	}
	text, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("pin context %q: %w", t.name, err)
	}
	return text, nil
}
