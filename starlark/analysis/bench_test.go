package analysis_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sextant-dev/sextant/starlark"
)

// longScript returns a script of at least n lines, of functions, calls and data
// as people write them.
func longScript(n int) string {
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

// BenchmarkCheck analyzes 10,000 lines.
func BenchmarkCheck(b *testing.B) {
	files := fstest.MapFS{"Clusterfile": {Data: []byte(longScript(10_000))}}
	engine := starlark.Engine{Files: files, Table: table}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := engine.Check(b.Context(), "Clusterfile"); err != nil {
			b.Fatal(err)
		}
	}
}
