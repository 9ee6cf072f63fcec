package builtins_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// The seed of the property test, and how many cases. A find is kept as a row of
// foundCases.
var (
	propertySeed  = flag.Uint64("property.seed", 20261126, "seed of TestRenderPrintsWhatImagePrints")
	propertyCases = flag.Uint64("property.cases", 150, "cases of TestRenderPrintsWhatImagePrints")
)

// foundCases are cases, by seed and number, in which a wrong name was once made.
var foundCases = [][2]uint64{{20261126, 43}, {20261126, 74}, {20261126, 2143}, {77, 4114}}

// TestRenderPrintsWhatImagePrints makes random clusters, declared images and manifests
// that name those, and images that nobody declared, by any of their names: as they are
// written, or as one of today's or yesterday's results. What render and rewrite print for
// an image is what image prints for it, or an error.
func TestRenderPrintsWhatImagePrints(t *testing.T) {
	for _, c := range foundCases {
		checkCase(t, c[0], c[1])
	}
	var made, failed uint64
	for n := range *propertyCases {
		switch m, f := checkCase(t, *propertySeed, n); {
		case f:
			failed++
			fallthrough
		case m:
			made++
		}
	}
	if made < *propertyCases/2 || failed > made/2 {
		t.Errorf("of %d cases %d were made and %d of those failed: the generator is off", *propertyCases, made, failed)
	}
	t.Logf("%d cases, of which %d failed with an error", made, failed)
}

// checkCase reports whether the case was made, and whether rendering failed.
func checkCase(t *testing.T, seed, n uint64) (made, failed bool) {
	t.Helper()
	g := &generator{Rand: rand.New(rand.NewPCG(seed, n))}
	g.cluster()
	for range 1 + g.IntN(3) {
		d := g.image(true)
		if !slices.ContainsFunc(g.declared, func(other declaration) bool { return sameName(other.ref, d.ref) }) {
			g.declared = append(g.declared, d) // of two of one reference the last counts
		}
	}
	images := g.pick("None", `"all"`, `"undeclared"`, fmt.Sprintf("[%q]", g.declared[0].ref))
	var subjects []subject
	for range 1 + g.IntN(2) {
		s, ok := g.subject(images)
		if !ok {
			return false, false
		}
		subjects = append(subjects, s)
	}

	script := g.head
	for i, d := range g.declared {
		script += fmt.Sprintf("i%d = %s\n", i, d.call())
	}
	var ask []string
	for _, s := range subjects {
		ask = append(ask, s.asks...)
	}
	render := script + fmt.Sprintf("k8s_yaml(blob(%q), images=%s)\n", manifestOf(subjects), images)
	rewrite := script + fmt.Sprintf("output('text', str(c.rewrite(blob(%q), images=%s)))\n", manifestOf(subjects), images)
	for what, got := range map[string]played{"render": g.play(render, ask), "rewrite": g.play(rewrite, ask)} {
		if got.err != nil {
			failed = true
			continue
		}
		for i, s := range subjects {
			if !slices.ContainsFunc(s.want, func(want string) bool { return sameName(got.images[i], want) }) {
				t.Fatalf("seed %d, case %d, %s: %s%q (%s, images=%s) becomes %q, want %q", seed, n, what, script, s.found, s.what, images, got.images[i], s.want)
			}
		}
		if images == "None" || images == `"all"` {
			for i, s := range subjects {
				changes := images == `"all"` || !sameName(got.images[i], s.found)
				asked := g.play(script, []string{s.found})
				if changes && asked.err == nil && !sameName(asked.explained, got.images[i]) {
					t.Fatalf("seed %d, case %d, %s: %s%q (%s, images=%s) becomes %q, and image prints %q", seed, n, what, script, s.found, s.what, images, got.images[i], asked.explained)
				}
			}
		}
		again := slices.Clone(subjects)
		for i := range again {
			again[i].found = got.images[i]
		}
		second := g.play(script+fmt.Sprintf("k8s_yaml(blob(%q), images=%s)\n", manifestOf(again), images), nil)
		if second.err == nil && images != `"undeclared"` && !slices.Equal(second.images, got.images) {
			t.Fatalf("seed %d, case %d, %s: %s%+v becomes %q, and rendered again %q", seed, n, what, script, subjects, got.images, second.images)
		}
	}
	return true, failed
}

// generator makes one case.
type generator struct {
	*rand.Rand
	head     string // declares the cluster c
	observed cluster.ClusterStatus
	declared []declaration
}

// declaration is one image, as image() takes it.
type declaration struct{ ref, tag, digest, named string }

func (d declaration) call() string {
	return fmt.Sprintf("c.image(%q, tag=%q, digest=%q, named=%q)", d.ref, d.tag, d.digest, d.named)
}

// subject is an image of a manifest.
type subject struct {
	found    string
	what     string   // for messages
	declared bool     // whether the script declares it
	want     []string // what it may become
	asks     []string // what image has to be asked for the conflict to be seen
}

func (g *generator) pick(words ...string) string { return words[g.IntN(len(words))] }

var propertyHosts = []string{"localhost:5000", "registry:5000", "reg.example.com", "reg.example.com/team", "docker.io/me", "[::1]:5000"}

// cluster makes a cluster, what is observed of it, and a naming.
func (g *generator) cluster() {
	host := func() string { return g.pick(propertyHosts...) }
	now := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	g.observed = cluster.ClusterStatus{ConnectedAt: &now, RegistrySource: cluster.SourceNone}
	switch g.IntN(6) {
	case 0, 1:
		g.observed.RegistrySource = cluster.SourceConfigMap
		g.observed.Registry = &cluster.RegistryHosting{Host: host()}
		if g.IntN(2) == 0 {
			g.observed.Registry.HostFromContainerRuntime = host()
		}
	case 2:
		g.observed.RegistrySource, g.observed.RegistryReason = cluster.SourceUnknown, "timed out"
	case 3:
		g.observed.RegistryReason = cluster.ReasonForbidden
	}
	declared := "None"
	if g.IntN(4) > 0 {
		declared = fmt.Sprintf("registry(%q", host())
		if g.IntN(2) == 0 {
			declared += fmt.Sprintf(", host_from_cluster=%q", host())
		}
		if g.IntN(3) == 0 {
			declared += fmt.Sprintf(", host_from_cluster_network=%q", host())
		}
		if g.IntN(2) == 0 {
			declared += fmt.Sprintf(", single_name=%q", g.pick("one", "team/dev"))
		}
		declared += ")"
	}
	g.head = fmt.Sprintf(`
def below(name):
    return "b/" + name.replace(":", "-").replace("[", "").replace("]", "")
def last(name):
    return name.split("/")[-1]
def mirrors(name):
    host, _, path = name.partition("/")
    return {"ghcr.io": "ghcr.mirror.io/" + path, "gcr.io": "gcr/" + path}.get(host)
c = k8s_cluster("c", naming=%s, prefer_registry=%q, default_registry=%s)
`, g.pick(`"flat"`, `"nested"`, `"hashed"`, "below", "last", "mirrors"), g.pick("discovered", "declared", "declared", "none"), declared)
}

// image makes an image, declared or found.
func (g *generator) image(declared bool) declaration {
	ref := g.pick("", "docker.io/", "index.docker.io/", "library/", "docker.io/library/", "gcr.io/", "ghcr.io/x/",
		g.pick(propertyHosts...)+"/", g.pick(propertyHosts...)+"/") +
		g.pick("api", "web", "api-server", "api-v1", "team/api", "team_api", "other/api", "team/dev", "one")
	d := declaration{ref: ref + g.pick("", "", "", ":v1", ":v2", ":api-v2", "@"+someDigest("1"), ":v1@"+someDigest("1"))}
	if !declared {
		return d
	}
	switch g.IntN(4) {
	case 0, 1:
		d.tag = g.pick("v1", "v2", "server-v2")
	case 2:
		d.digest = someDigest(g.pick("1", "2"))
	}
	if g.IntN(8) == 0 {
		d.named = g.pick("named", "named/api", "full.example.com/named", "localhost:5000/named")
	}
	return d
}

func someDigest(digit string) string { return "sha256:" + strings.Repeat(digit, 64) }

// subject makes an image of a manifest: a declared one or another one, by one of its
// names.
func (g *generator) subject(images string) (subject, bool) {
	j := g.IntN(len(g.declared) + 2)
	var d declaration
	s := subject{what: "not declared"}
	if s.declared = j < len(g.declared); s.declared {
		d, s.what = g.declared[j], fmt.Sprintf("declared as i%d", j)
	} else {
		d = g.image(false)
	}
	ref, err := image.Parse(d.ref)
	if err != nil {
		return s, false
	}
	// The image as it is written: with the declared tag if there is one, else any.
	written := ref
	if ref.Tag == "" && ref.Digest == "" && g.IntN(3) > 0 {
		written.Tag = g.pick("v1", "v2", "old")
	}
	keeps := d // what is asked for if the tag and digest found stay
	if d.tag == "" && d.digest == "" && ref.Digest == "" {
		keeps.ref = written.String()
	}
	result, err := g.alone(keeps)
	if err != nil {
		return s, false
	}
	before := keeps
	if d.tag != "" || d.digest != "" {
		before.tag, before.digest = g.pick("v1", "old", "server-v2"), ""
	}
	yesterday, err := g.alone(before)
	if err != nil {
		return s, false
	}
	tail := strings.TrimPrefix(written.String(), written.Familiar())
	spellings := []string{written.String(), written.Name() + tail}
	if written.Domain == "docker.io" {
		spellings = append(spellings, "index.docker.io/"+written.Path+tail, written.Path+tail)
		if path, ok := strings.CutPrefix(written.Path, "library/"); ok && !strings.Contains(path, "/") {
			spellings = append(spellings, "docker.io/"+path+tail)
		}
	}
	spellings = append(spellings, result.Local, result.Cluster, result.Network, yesterday.Local, yesterday.Cluster, yesterday.Network)
	if s.found = g.pick(spellings...); s.found == "" {
		s.found = result.Cluster
	}
	s.want = []string{result.Cluster}
	if leaves := !s.declared && (images == "None" || images[0] == '[') || s.declared && (images == `"undeclared"` || images[0] == '[' && j != 0); leaves {
		s.want = []string{s.found}
	}
	if ref.Tag != "" && keepsName(result) {
		s.want = append(s.want, s.found) // another tag is another image
		if names, err := g.alone(declaration{ref: s.found}); err == nil && images != "None" {
			s.want = append(s.want, names.Cluster)
		}
	}
	if !s.declared || images == `"undeclared"` || images[0] == '[' {
		// In the one repository, a name may be that of an image that is left alone, or
		// not: it is the same image by its name to pull.
		if slices.Contains([]string{result.Local, result.Cluster, result.Network}, s.found) && result.Rule == image.RuleSingleName {
			s.want = append(s.want, s.found, result.Cluster)
		}
	}
	g.others(&s, d, result, j)
	return s, true
}

// others adds what the subject may become since the script declares the same image a
// second time, by a name that it has or gets. An image of the same repository that is
// another one is asked for, so that the conflict is seen.
func (g *generator) others(s *subject, d declaration, result image.Names, j int) {
	for k, other := range g.declared {
		if k == j {
			continue
		}
		names, err := g.alone(other)
		if err != nil {
			continue
		}
		if slices.Contains([]string{names.Local, names.Cluster, names.Network}, s.found) {
			s.want = append(s.want, names.Cluster) // by now the name is the other's
		}
		if sameRepository(other.ref, result.Local) || sameRepository(other.ref, result.Cluster) || sameRepository(other.ref, result.Network) {
			// The other is declared by the name of this one.
			s.want = append(s.want, names.Cluster)
			s.want = append(s.want, g.kept(other, names, s.found)...)
		}
		if own, others := repository(result), repository(names); own == others || result.Name == names.Name {
			s.asks = append(s.asks, d.ref)
			if result.Name == names.Name || keepsName(result) || keepsName(names) {
				s.want = append(s.want, names.Cluster, s.found)
				s.want = append(s.want, g.kept(other, names, s.found)...)
			}
		}
	}
}

// kept is the name to pull that a declared image has with the tag and digest found, if
// its declaration keeps those.
func (g *generator) kept(d declaration, names image.Names, text string) []string {
	found, err := image.Parse(text)
	if err != nil || d.tag != "" || d.digest != "" {
		return nil
	}
	d.ref = names.Name + strings.TrimPrefix(found.String(), found.Familiar())
	kept, err := g.alone(d)
	if err != nil {
		return nil
	}
	return []string{kept.Cluster}
}

// repository is what one image has for itself: a repository, or a tag in the one for
// all.
func repository(names image.Names) string {
	name, _, _ := strings.Cut(names.Local, "@")
	if names.Rule == image.RuleSingleName {
		return name
	}
	return names.Parts(image.ViewLocal).Repository
}

func keepsName(names image.Names) bool {
	return names.Rule == image.RuleAlreadyHere || names.Rule == image.RuleUnchanged || names.Rule == image.RuleLeftAlone
}

// alone names an image in a script that declares nothing else.
func (g *generator) alone(d declaration) (image.Names, error) {
	p := g.play(g.head+"i = "+d.call()+"\n", nil)
	if p.err != nil {
		return image.Names{}, p.err
	}
	return p.named, nil
}

func manifestOf(subjects []subject) string {
	text := "kind: Pod\nspec:\n  containers:\n"
	for _, s := range subjects {
		text += fmt.Sprintf("  - image: %q\n", s.found)
	}
	return text
}

// sameName compares names in their familiar form: one that is as it should be stays as
// it is written.
func sameName(a, b string) bool {
	first, err1 := image.Parse(a)
	second, err2 := image.Parse(b)
	return err1 == nil && err2 == nil && first == second
}

// sameRepository compares names without tag and digest.
func sameRepository(a, b string) bool {
	first, err1 := image.Parse(a)
	second, err2 := image.Parse(b)
	return err1 == nil && err2 == nil && first.Name() == second.Name()
}

// played is what a script came to.
type played struct {
	named     image.Names // of the last image that was declared
	images    []string    // of the manifests
	explained string      // of the last one asked for
	err       error
}

func (g *generator) play(script string, explain []string) played {
	resolver := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		return cluster.Observation{Status: *g.observed.DeepCopy()}, nil
	})
	var p played
	run := builtins.New(builtins.Options{Resolver: resolver, Explain: explain, OnName: func(_ diag.Position, _ string, names image.Names) { p.named = names }})
	engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte(script)}}}
	var manifests strings.Builder
	if p.err = engine.Run(context.Background(), "Clusterfile", run); p.err == nil && strings.Contains(script, "k8s_yaml") {
		p.err = run.Render(&manifests, "")
	}
	text := manifests.String()
	for _, o := range run.Outputs() {
		if o.Name == "text" && p.err == nil {
			p.err = json.Unmarshal(o.JSON, &text)
		}
	}
	for line := range strings.Lines(text) {
		if _, rest, ok := strings.Cut(line, `image: "`); ok {
			name, _, _ := strings.Cut(rest, `"`)
			p.images = append(p.images, name)
		}
	}
	for _, e := range run.Explanations() {
		p.explained = e.Names.Cluster
	}
	return p
}
