package kube

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/sextant-dev/sextant/cluster"
)

// trust makes TLS configurations. Contexts often share an authority and a user,
// so it parses each certificate once.
type trust struct {
	mu    sync.Mutex
	pools map[string]*x509.CertPool
	pairs map[string]*tls.Certificate
}

func newTrust() *trust {
	return &trust{pools: map[string]*x509.CertPool{}, pairs: map[string]*tls.Certificate{}}
}

// config is the TLS configuration for t.
func (r *trust) config(t *target) (*tls.Config, error) {
	if t.config.Insecure && (len(t.config.CAData) > 0 || t.config.CAFile != "") {
		return nil, &cluster.PhaseError{
			Phase: cluster.PhaseConfig, Endpoint: t.origin,
			Cause:  fmt.Errorf("cluster %q has both a certificate-authority and insecure-skip-tls-verify", t.context.Cluster),
			Advice: "remove one of them",
		}
	}
	if err := rest.LoadTLSFiles(t.config); err != nil {
		return nil, &cluster.PhaseError{
			Phase: cluster.PhaseCredentials, Endpoint: t.origin, Cause: err,
			Advice: "fix the certificate files of context " + strconv.Quote(t.name),
		}
	}
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         t.config.ServerName,
		InsecureSkipVerify: t.config.Insecure,
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ca := t.config.CAData; len(ca) > 0 {
		pool, ok := r.pools[string(ca)]
		if !ok {
			pool = x509.NewCertPool()
			if !pool.AppendCertsFromPEM(ca) {
				return nil, &cluster.PhaseError{
					Phase: cluster.PhaseConfig, Endpoint: t.origin,
					Cause:  fmt.Errorf("the certificate-authority of cluster %q holds no certificate", t.context.Cluster),
					Advice: "put the cluster's CA there, in PEM",
				}
			}
			r.pools[string(ca)] = pool
		}
		c.RootCAs = pool
	}
	if len(t.config.CertData) > 0 {
		key := string(t.config.CertData) + "\x00" + string(t.config.KeyData)
		pair, ok := r.pairs[key]
		if !ok {
			made, err := tls.X509KeyPair(t.config.CertData, t.config.KeyData)
			if err != nil {
				return nil, &cluster.PhaseError{
					Phase: cluster.PhaseCredentials, Endpoint: t.origin,
					Cause:  errors.New("the client certificate and key of user " + strconv.Quote(t.context.AuthInfo) + " do not go together or are not PEM"),
					Advice: "get new ones",
				}
			}
			pair = &made
			r.pairs[key] = pair
		}
		// Whatever authorities the server hints at, it gets this one, as from kubectl.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return pair, nil }
		t.clientCertificate = pair.Leaf
	}
	return c, nil
}
