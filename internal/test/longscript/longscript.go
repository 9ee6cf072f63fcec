// Package longscript makes scripts of any length, for benchmarks and for tests of how
// long something takes.
package longscript

import (
	"fmt"
	"strings"
)

// Text returns a script of at least n lines, of functions, calls and data as people
// write them.
func Text(n int) string {
	var b strings.Builder
	b.WriteString("cluster = k8s_cluster(\"kind-dev\")\n")
	for i := 0; i*10 < n; i++ {
		fmt.Fprintf(&b, `
def service_%d(name, tag = "latest", replicas = 1):
    """Names the images of a service."""
    image = cluster.image("shop/" + name, tag = tag)
    labels = {"app": name, "tier": "web", "replicas": str(replicas)}
    for key, value in labels.items():
        print("%%s is %%s" %% (key, value))
    return struct(push = image.local, pull = image.cluster, labels = labels)

output("service-%d", service_%d("web-%d", replicas = %d).push)
`, i, i, i, i, i)
	}
	return b.String()
}
