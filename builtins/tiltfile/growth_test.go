package tiltfile_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// chained is a project of n images, each built from the one before and used by a
// workload with a service and a ConfigMap.
func chained(n int) project {
	var script, manifests strings.Builder
	for i := range n {
		fmt.Fprintf(&script, "docker_build('img%d', 'd%d', dockerfile_contents='FROM img%d', live_update=[sync('d%d', '/x')])\n", i, i, i-1, i)
		manifests.WriteString(deployment(fmt.Sprint("w", i), fmt.Sprint("img", i)) + service(fmt.Sprint("w", i), fmt.Sprint("w", i)) + configMap(fmt.Sprint("c", i)))
	}
	script.WriteString("k8s_yaml('k.yaml')\n")
	for i := range n {
		fmt.Fprintf(&script, "k8s_resource('w%d', objects=['c%d'], resource_deps=%s)\n", i, i, map[bool]string{true: fmt.Sprintf("['w%d']", i-1), false: "[]"}[i > 0])
	}
	return files(strings.ReplaceAll(script.String(), "img-1", "alpine"), "k.yaml", manifests.String())
}

// TestGrowth: the time of a script grows with the number of its images and resources,
// not with its square, which would be 144 here.
func TestGrowth(t *testing.T) {
	fastest := func(n int) time.Duration {
		best := time.Hour
		for range 2 {
			begun := time.Now()
			o := chained(n).runs(t)
			best = min(best, time.Since(begun))
			if got := len(o.Builds()) + len(o.Resources()); got != 2*n {
				t.Fatalf("got %d builds and resources, want %d", got, 2*n)
			}
		}
		return best
	}
	fastest(50)
	if few, many := fastest(100), fastest(1200); many > 60*few {
		t.Errorf("100 images take %v, 1200 take %v: want 60 times as much at most", few, many)
	}
}
