package kube_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/realcluster/faults"
)

// Whatever fails, no observation holds a secret of the kubeconfig, of the
// environment, or of an answer.
func TestNoSecrets(t *testing.T) {
	const canary = "canary"
	leaky := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WWW-Authenticate", canary)
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, canary, r.Header.Get("Authorization"))
	})
	for name, server := range map[string]*faults.Server{
		"refused": faults.Refused(t), "reset": faults.Reset(t), "leaky": faults.Serve(t, leaky),
		"wrong CA": faults.WrongCA(t, leaky), "401": faults.Serve(t, faults.Status(401)), "HTML": faults.Serve(t, faults.HTML()),
		"redirect": faults.Serve(t, faults.Redirect("https://user:"+canary+"@example.test")),
		"proxy":    faults.DenyingProxy(t), "sound": faults.Serve(t, sound),
	} {
		for login, user := range map[string]*clientcmdapi.AuthInfo{
			"token": {Token: canary}, "basic": {Username: canary, Password: canary},
		} {
			address := strings.Replace(server.URL, "https://", "https://user:"+canary+"@", 1)
			config := configFor(t, address)
			config.AuthInfos["me"] = user
			env := []string{}
			if name == "proxy" {
				config.Clusters["prod"].Server = "https://user:" + canary + "@kubernetes.default.svc"
				env = append(env, "HTTPS_PROXY="+strings.Replace(server.URL, "http://", "http://user:"+canary+"@", 1))
			}
			obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: env}, "", long)
			if text := fmt.Sprintf("%+v %+v", obs, obs.Status.Connection.Kubernetes); strings.Contains(text, canary) {
				t.Errorf("%s, %s: a secret in %s", name, login, text)
			}
		}
	}
}
