package realcluster

import (
	"path/filepath"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/realcluster/kubeconfig"
)

// As is who a context logs in as.
type As string

// Users of an API server. The value is the user's name in the kubeconfig.
const (
	Admin          As = "admin"         // by certificate
	AdminByToken   As = "admin-token"   // by token
	Limited        As = "limited"       // by certificate, in the group developers
	LimitedByToken As = "limited-token" // by token, in the same group
	Anonymous      As = "anonymous"     // no credentials
	BadToken       As = "bad-token"     // a token that nobody gave out
	ExpiredCert    As = "expired"       // the administrator's, expired
)

// Context is an entry for a kubeconfig that reaches this server. The cluster's
// name is that of the context and may be changed, as may all else.
func (a *APIServer) Context(name string, as As) kubeconfig.Entry {
	user := kubeconfig.User{Name: string(as)}
	switch as {
	case Admin:
		user.Pair = a.certs.Admin
	case AdminByToken:
		user.Token = adminToken
	case Limited:
		user.Pair = a.certs.Limited
	case LimitedByToken:
		user.Token = limitedToken
	case BadToken:
		user.Token = "nobody-gave-this-out"
	case ExpiredCert:
		user.Pair = a.certs.ExpiredClient
	}
	return kubeconfig.Entry{
		Context: name,
		Cluster: kubeconfig.Cluster{Name: name, Server: a.URL, CA: a.certs.CA.PEM},
		User:    user,
	}
}

// Kubeconfig writes a kubeconfig of these contexts into a folder that lives as
// long as the test. The first one is current.
func Kubeconfig(t testing.TB, entries ...kubeconfig.Entry) (path string) {
	t.Helper()
	var config kubeconfig.Config
	config.Add(entries...)
	path = filepath.Join(t.TempDir(), "kubeconfig")
	if err := config.Write(path); err != nil {
		t.Fatal(err)
	}
	return path
}
