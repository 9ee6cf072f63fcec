package builtins_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// matchScript declares images on cluster c and writes each into a manifest by every name
// that it or its version of yesterday has, made on cluster other, which is the same. It
// prints what a name became, and what image() calls it.
const matchScript = `
def make(name):
    return k8s_cluster("x", name=name, naming=%[1]q, prefer_registry="declared", default_registry=%[2]s)
c, other = make("default"), make("other")
def names(i):
    return [n for n in (i.local, i.cluster, i.network) if n]
cases = []
for ref, tag in %[3]s:
    c.image(ref, tag=tag)
    written = ref if ":" in ref.split("/")[-1] or "@" in ref else ref + ":v7"
    today = other.image(ref if tag else written, tag=tag)
    for name in [written] + names(other.image(written)) + names(today):
        cases.append((name, today.cluster))
for name in %[4]s:
    i = other.image(name)
    for name in [name] + names(i):
        cases.append((name, i.cluster))
name, want = cases[%[5]d %% len(cases)]
print(want)
print(decode_yaml(c.rewrite(blob("containers:\n- image: %%r\n" %% name), images="all"))["containers"][0]["image"])
`

// TestEveryNameOfAnImageBecomesTheSame: whatever a manifest says of an image, the result
// is exactly what image() says, or an error.
func TestEveryNameOfAnImageBecomesTheSame(t *testing.T) {
	const seed, cases = 20260102, 600
	made, failed := 0, map[string]int{}
	for n := range uint64(cases) {
		r := rand.New(rand.NewPCG(seed, n))
		script := randomMatch(r)
		var prints []string
		engine := starlark.Engine{
			Files: fstest.MapFS{"Clusterfile": &fstest.MapFile{Data: []byte(script)}},
			Print: func(_ diag.Position, message string) { prints = append(prints, message) },
		}
		connected := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
			at := metav1.Now().Rfc3339Copy()
			return cluster.Observation{Status: cluster.ClusterStatus{Version: "v1.36.3", ConnectedAt: &metav1.MicroTime{Time: at.Time}}}, nil
		})
		err := engine.Run(t.Context(), "Clusterfile", builtins.New(builtins.Options{Resolver: connected}))
		if err != nil {
			failed[err.Error()]++
			continue
		}
		if made++; familiar(prints[0]) != familiar(prints[1]) {
			t.Fatalf("seed %d, case %d: image() says %s, and the manifest gets %s\n%s", seed, n, prints[0], prints[1], script)
		}
	}
	if made < cases*2/3 {
		t.Errorf("%d of %d cases were named only, the generator is off: %v", made, cases, failed)
	}
}

// familiar is a name in its familiar form: one that is already as it should be stays as
// it is written, docker.io/redis too.
func familiar(name string) string {
	ref, err := image.Parse(name)
	if err != nil {
		return err.Error()
	}
	return ref.String()
}

func randomMatch(r *rand.Rand) string {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	list := func(n int, one func() string) string {
		var all []string
		for range n {
			all = append(all, one())
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	registry := pick(
		"None",
		`registry("localhost:5000")`,
		`registry("localhost:5000", host_from_cluster="registry:5000")`,
		`registry("localhost:5000", host_from_cluster="registry:5000", host_from_cluster_network="net:80")`,
		`registry("r.example.com/team")`,
		`registry("r.example.com/team", single_name="all")`,
		`registry("localhost:5000", host_from_cluster="registry:5000", single_name="all/of")`,
	)
	const digest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	ref := func(names ...string) string {
		host := pick("", "", "gcr.io/", "localhost:5000/", "registry:5000/", "r.example.com/team/", "docker.io/", "r.example.com/")
		return host + pick(names...) + pick("", "", ":v1", ":v2", digest)
	}
	bases := []string{"me/app", "app", "other/app", "redis", "me/app-v1"}
	declared := list(1+r.IntN(2), func() string {
		i := r.IntN(len(bases)) // each once: of two declarations of an image the last counts
		base := bases[i]
		bases = slices.Delete(bases, i, i+1)
		return fmt.Sprintf("(%q, %q)", ref(base), pick("", "", "v1", "v3"))
	})
	found := list(r.IntN(3), func() string { return fmt.Sprintf("%q", ref("found/x", "found", "found/y-v1")) })
	return fmt.Sprintf(matchScript, pick("flat", "nested", "hashed"), registry, declared, found, r.IntN(100))
}
