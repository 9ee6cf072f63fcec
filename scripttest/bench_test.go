package scripttest

import (
	"fmt"
	"path/filepath"
	"testing"
)

// BenchmarkFolders runs 1,000 golden folders of a common size: two clusters,
// an output, a print, and all of it compared.
func BenchmarkFolders(b *testing.B) {
	dir := b.TempDir()
	for i := range 1000 {
		at := func(name string) string { return filepath.Join(dir, fmt.Sprintf("t%04d", i), name) }
		writeFile(b, at("Clusterfile"), "load('lib.star', 'push')\nc = k8s_cluster('a')\nd = docker_cluster()\n"+
			"print(c.status.version)\noutput('push', push('web'))\n")
		writeFile(b, at("lib.star"), "def push(name):\n    return 'reg/' + name\n")
		writeFile(b, at("clusters.yaml"), recordingOfA+"- metadata: {name: docker}\n  spec: {connection: {docker: {}}}\n  status: {}\n")
		for _, g := range goldens {
			writeFile(b, at(g.name), "")
		}
	}
	config := Config{Update: true}
	if _, err := config.Test(b.Context(), dir); err != nil {
		b.Fatal(err)
	}
	config.Update = false
	for b.Loop() {
		r, err := config.Test(b.Context(), dir)
		if err != nil || r.Failed() > 0 || len(r.Results) != 1000 {
			b.Fatalf("%v, %d failed of %d", err, r.Failed(), len(r.Results))
		}
	}
}
