// Linked does nothing, but links what sextant cannot do without: Kubernetes'
// kubeconfigs, logins and API types, Docker's client, and Starlark. What is linked
// starts before main, so this is the least that sextant may take.
package main

import (
	"github.com/docker/docker/client"
	"go.starlark.net/starlark"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// keep has the linker keep what it points to.
var keep = []any{client.NewClientWithOpts, starlark.ExecFileOptions, rest.TransportFor, clientcmd.Load, (*metav1.ObjectMeta)(nil)}

func main() {
	if len(keep) == 0 {
		panic("nothing is linked")
	}
}
