package builtins_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark"
)

// TestRenderPrintsWhatImagePrints makes random clusters, declared images and manifests
// that name one of those by any of its names, with the tag of yesterday. What render
// prints for it is what image prints, or an error. So it is for images that nobody
// declared. The seed is fixed; a failure prints the number of the case.
func TestRenderPrintsWhatImagePrints(t *testing.T) {
	const seed, cases = 20261126, 600
	made, failed := 0, 0
	for i := range uint64(cases) {
		r := rand.New(rand.NewPCG(seed, i))
		head := someCluster(r)
		refs := []string{someRef(r), someRef(r), someRef(r)}[:1+r.IntN(3)]
		named := ""
		if r.IntN(5) == 0 {
			named = pickOne(r, "named", "named/in/path", "full.example.com/named")
		}
		declare := func(tag string) string {
			var b strings.Builder
			for j, ref := range refs {
				fmt.Fprintf(&b, "i%d = c.image(%q, tag=%q", j, ref, tag)
				if j == 0 && named != "" {
					fmt.Fprintf(&b, ", named=%q", named)
				}
				b.WriteString(")\n")
			}
			return b.String()
		}
		j := r.IntN(len(refs))
		yesterday := playScript(head+declare("old")+fmt.Sprintf("output('names', [i%d.local, i%[1]d.cluster, i%[1]d.network or ''])\n", j), nil)
		if yesterday.err != nil {
			continue
		}
		var names []string
		if err := json.Unmarshal([]byte(yesterday.outputs["names"]), &names); err != nil {
			t.Fatal(err)
		}
		found := pickOne(r, append(names, spellings(refs[j])...)...)
		if found == "" {
			continue
		}
		images := pickOne(r, "None", `"all"`, `"undeclared"`)
		if images == `"undeclared"` {
			continue // it leaves declared images alone
		}
		made++
		script := head + declare("new") + fmt.Sprintf("output('want', i%d.cluster)\n", j)
		var ask []string
		if named == "" || j != 0 {
			ask = []string{familiar(refs[j]) + ":new"}
		}
		today := playScript(script+manifestOf(found, images), ask)
		if today.err != nil {
			failed++
			continue
		}
		want := strings.Trim(today.outputs["want"], `"`)
		if today.rendered != want || len(ask) > 0 && today.explained != want {
			t.Fatalf("case %d: %s\nrenders %q, image prints %q, image() returns %q", i, script+manifestOf(found, images), today.rendered, today.explained, want)
		}
		again := playScript(script+manifestOf(today.rendered, images), nil)
		if again.err == nil && again.rendered != today.rendered {
			t.Fatalf("case %d: %s\nrenders %q, and rendered again %q", i, script+manifestOf(found, images), today.rendered, again.rendered)
		}

		other := someRef(r) + ":v3"
		undeclared := playScript(head+manifestOf(other, `"all"`), []string{other})
		if undeclared.err == nil && familiar(undeclared.rendered) != familiar(undeclared.explained) {
			t.Fatalf("case %d: %s\nrenders %q, image prints %q", i, head+manifestOf(other, `"all"`), undeclared.rendered, undeclared.explained)
		}
	}
	if made < cases/3 || failed > made/3 {
		t.Errorf("of %d cases %d were made and %d of those failed: the generator is off", cases, made, failed)
	}
	t.Logf("%d cases, of which %d failed with an error", made, failed)
}

func someCluster(r *rand.Rand) string {
	host := func() string {
		return pickOne(r, "localhost:5000", "registry:5000", "reg.example.com", "reg.example.com/team", "docker.io/me", "[::1]:5000")
	}
	naming := pickOne(r, `"flat"`, `"nested"`, `"hashed"`, "naming", "mirrors")
	var b strings.Builder
	b.WriteString(`def naming(name):
    return "b/" + name.replace(":", "-").replace("[", "").replace("]", "")
def mirrors(name):
    host, _, path = name.partition("/")
    return {"ghcr.io": "ghcr.mirror.io/" + path, "quay.io": "quay/" + path}.get(host)
`)
	if r.IntN(8) == 0 {
		fmt.Fprintf(&b, "c = k8s_cluster('c', prefer_registry='none', naming=%s)\n", naming)
		return b.String()
	}
	fmt.Fprintf(&b, "c = k8s_cluster('c', naming=%s, default_registry=registry(%q", naming, host())
	if r.IntN(2) == 0 {
		fmt.Fprintf(&b, ", host_from_cluster=%q", host())
	}
	if r.IntN(3) == 0 {
		fmt.Fprintf(&b, ", host_from_cluster_network=%q", host())
	}
	if r.IntN(4) == 0 {
		fmt.Fprintf(&b, ", single_name=%q", pickOne(r, "one", "team/dev"))
	}
	b.WriteString("))\n")
	return b.String()
}

func someRef(r *rand.Rand) string {
	return pickOne(r, "", "team/", "gcr.io/team/", "ghcr.io/x/", "quay.io/x/", "localhost:5000/", "reg.example.com/team/", "docker.io/library/", "me/", "[::1]:5000/") +
		pickOne(r, "api", "web", "api-server", "a_b", "a.b")
}

// spellings are ways to write a reference, with yesterday's tag.
func spellings(ref string) []string {
	all := []string{ref + ":old", ref + ":older"}
	if path, ok := strings.CutPrefix(ref, "docker.io/library/"); ok {
		all = append(all, path+":old", "library/"+path+":old", "index.docker.io/"+path+":old")
	}
	return all
}

func manifestOf(image, images string) string {
	return fmt.Sprintf("k8s_yaml(blob('kind: Pod\\nspec: {containers: [{image: \"%s\"}]}\\n'), images=%s)\n", image, images)
}

func pickOne(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

// played is what a script came to.
type played struct {
	outputs             map[string]string
	rendered, explained string
	err                 error
}

// playScript runs a script on a cluster without a registry of its own.
func playScript(script string, explain []string) played {
	resolver := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		now := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		return cluster.Observation{Status: cluster.ClusterStatus{ConnectedAt: &now, RegistrySource: cluster.SourceNone}}, nil
	})
	run := builtins.New(builtins.Options{Resolver: resolver, Explain: explain})
	engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(script)}}}
	p := played{outputs: map[string]string{}}
	var manifests strings.Builder
	if p.err = engine.Run(context.Background(), "Clusterfile", run); p.err == nil && strings.Contains(script, "k8s_yaml") {
		p.err = run.Render(&manifests, "")
	}
	for _, o := range run.Outputs() {
		p.outputs[o.Name] = string(o.JSON)
	}
	if _, rest, ok := strings.Cut(manifests.String(), `image: "`); ok {
		p.rendered, _, _ = strings.Cut(rest, `"`)
	}
	for _, e := range run.Explanations() {
		p.explained = e.Names.Cluster
	}
	return p
}
