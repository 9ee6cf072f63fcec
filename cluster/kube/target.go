package kube

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
	"github.com/sextant-dev/sextant/internal/localfile"
)

// target is one context of the kubeconfig and what it refers to, as copies.
// Where the kubeconfig lacks a part, the target has as much as is known.
type target struct {
	name      string
	namespace string
	// origin names the kubeconfig, for messages.
	origin string

	context *clientcmdapi.Context
	cluster *clientcmdapi.Cluster
	user    *clientcmdapi.AuthInfo

	// config is how to connect. credentials.add completes it.
	config *rest.Config
	server *url.URL
	// proxy is nil for a direct connection.
	proxy *url.URL
	// expires is when the credentials of a plugin expire, zero for never.
	expires time.Time
	// clientCertificate is nil if the user has none.
	clientCertificate *x509.Certificate
	// restricted is nil if anything may be connected to.
	restricted *Restrictions
}

// endpoint is the server without user info, "" where the kubeconfig has none.
func (t *target) endpoint() string { return address(t.server) }

func address(u *url.URL) string {
	if u == nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}).String()
}

// observation is what the kubeconfig alone shows.
func (t *target) observation() cluster.Observation {
	var obs cluster.Observation
	if t.context == nil {
		return obs
	}
	status := &cluster.KubernetesClusterConnectionStatus{
		Context: t.name, Cluster: t.context.Cluster, Namespace: t.namespace,
	}
	status.Product, obs.Status.ProductReason = cluster.IdentifyProduct(t.context, t.cluster, "")
	obs.Status.Connection = &cluster.ClusterConnectionStatus{Kubernetes: status}
	if t.server != nil {
		obs.Status.Endpoint = t.endpoint()
	}
	return obs
}

// exposed are warnings about files that hold the user's secrets and that
// everybody on this machine can read. What a kubelet writes into a pod is
// readable by design.
func (t *target) exposed() []string {
	u := t.user
	if u.LocationOfOrigin == "" {
		return nil
	}
	var warnings []string
	warn := func(file, what string) {
		if file != "" && localfile.Exposed(file) {
			warnings = append(warnings, fmt.Sprintf("everybody on this machine can read %s, which holds %s: run chmod 600 %[1]s", file, what))
		}
	}
	if u.Token != "" || u.Password != "" || len(u.ClientKeyData) > 0 {
		warn(u.LocationOfOrigin, "secrets")
	}
	if len(u.ClientKeyData) == 0 {
		warn(u.ClientKey, "the key")
	}
	// The token file counts if there are both.
	warn(u.TokenFile, "the token")
	return warnings
}

// dial opens a socket. Nothing of it is left when ctx is done, not even the
// name lookup: Go's resolver leaves a query waiting for seconds after that.
func (t *target) dial(ctx context.Context, network, address string) (net.Conn, error) {
	base := net.DefaultResolver
	query := base.Dial
	if query == nil {
		query = new(net.Dialer).DialContext
	}
	resolver := &net.Resolver{
		PreferGo:     base.PreferGo,
		StrictErrors: base.StrictErrors,
		// The resolver calls this under a context of its own.
		Dial: func(lookup context.Context, network, server string) (net.Conn, error) {
			conn, err := query(lookup, network, server)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
	}
	dialer := &net.Dialer{Resolver: resolver}
	if t.restricted != nil {
		dialer.Control = t.restricted.control
	}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return wire.ClientFirst(conn), nil
}

// clusterField and userField name a place in the kubeconfig.
func (t *target) clusterField(field string) string {
	return fmt.Sprintf("%s of cluster %q in %s", field, t.context.Cluster, t.origin)
}

func (t *target) userField(field string) string {
	return fmt.Sprintf("%s of user %q in %s", field, t.context.AuthInfo, t.origin)
}

// proxyField names where the proxy is configured.
func (t *target) proxyField() string {
	if t.cluster.ProxyURL != "" {
		return t.clusterField("proxy-url")
	}
	return "the proxy in the environment (HTTPS_PROXY, NO_PROXY)"
}
