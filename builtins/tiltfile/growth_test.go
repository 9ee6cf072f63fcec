package tiltfile_test

import (
	"fmt"
	"math"
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
// not with its square, which would be 144 here. Each is measured again while a busy
// machine may have slowed down the larger one.
func TestGrowth(t *testing.T) {
	const times = 5
	timed := func(n int) time.Duration {
		begun := time.Now()
		o := chained(n).runs(t)
		took := time.Since(begun)
		if got := len(o.Builds()) + len(o.Resources()); got != 2*n {
			t.Fatalf("got %d builds and resources, want %d", got, 2*n)
		}
		return took
	}
	timed(50)
	few, many := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
	for range times {
		few, many = min(few, timed(100)), min(many, timed(1200))
		if many/60 <= few {
			return
		}
	}
	t.Errorf("100 images take %v, 1200 take %v, the least of %d times: want 60 times as much at most", few, many, times)
}
