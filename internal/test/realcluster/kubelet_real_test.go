//go:build real

package realcluster

import (
	"net/http"
	"strings"
	"testing"
)

// A pod pulls by the registry's second name and by digest, and really runs.
func TestKubeletRunsPods(t *testing.T) {
	api := real.APIServer(t, "alpha")
	registry, kubelet := real.Registry(t), real.Kubelet(t, api)
	digest := registry.PushPause(t, "team/web", "1")
	addr, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	api.Apply(t, pod(kubelet, "web", SecondName+"/team/web@"+digest, "http", addr))
	api.Kubectl(t, "", "wait", "--for=condition=Ready", "pod/web", "--timeout=60s")
	body, err := httpGet(t.Context(), http.DefaultClient, "http://"+addr)
	http.DefaultClient.CloseIdleConnections()
	if err != nil || string(body) != "ok\n" {
		t.Errorf("the pod answers %q, %v", body, err)
	}
	if id := api.Kubectl(t, "", "get", "pod", "web", "-o", "jsonpath={.status.containerStatuses[0].imageID}"); !strings.Contains(id, digest) {
		t.Errorf("the pod runs %q, want %s", id, digest)
	}
}

// pod is one that runs an image with arguments.
func pod(kubelet *Kubelet, name, image string, args ...string) Object {
	return Object{"apiVersion": "v1", "kind": "Pod",
		"metadata": Object{"name": name, "namespace": "default"},
		"spec": Object{
			"nodeName": kubelet.Node, "hostNetwork": true,
			"automountServiceAccountToken": false, "enableServiceLinks": false,
			"containers": []Object{{"name": "main", "image": image, "imagePullPolicy": "Always", "args": args}},
		}}
}
