package kube

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
)

// An answer is about the request, even while another question opens a new
// connection: kube-apiserver closes that of a user it does not know.
func TestAnswerDuringAReconnect(t *testing.T) {
	c := &client{target: &target{
		server: &url.URL{Scheme: "https", Host: "10.0.0.1:6443"}, context: &clientcmdapi.Context{AuthInfo: "me"}, cluster: &clientcmdapi.Cluster{}, origin: "config",
	}}
	for _, err := range []error{
		&statusError{code: http.StatusUnauthorized, path: "/version"},
		&busyError{statusError: statusError{code: http.StatusTooManyRequests, path: "/version"}},
		&shortError{"/version", 0, errCutOff},
	} {
		text := c.problem(err).Error()
		if !strings.HasPrefix(text, string(cluster.PhaseRequest)+" to https://10.0.0.1:6443 failed") || strings.Contains(text, "check that the cluster runs") {
			t.Errorf("%T is reported as %q", err, text)
		}
	}
}
