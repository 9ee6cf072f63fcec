package locate

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

func mustCompile(t *testing.T, rules ...Rule) *Rules {
	t.Helper()
	compiled, err := Compile(rules...)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// TestSearch describes each match by its path, and by what else a caller needs of it.
func TestSearch(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		rules    []Rule
		env      bool
		want     string
	}{
		{
			name: "containers and image volumes of any object",
			in:   "spec: {containers: [{image: a}], volumes: [{image: {reference: b}}, {name: c}]}",
			want: "spec.containers[0].image imagePullPolicy; spec.volumes[0].image.reference pullPolicy",
		},
		{
			name: "what only looks like them",
			in:   "containers: {image: a}\ninitContainers: [a, [b], {image: {repository: c}, name: d}]\nvolumes: [{image: a}]",
			want: "initContainers[2].image imagePullPolicy", // that it is a mapping is for the caller to say
		},
		{
			name: "an image shared by two containers has a match for each",
			in:   "containers: [{image: &i a}, {image: *i}]",
			want: "containers[0].image imagePullPolicy alias; containers[0].image imagePullPolicy again alias",
		},
		{
			name: "a container behind an alias",
			in:   "x: &c {image: a}\ncontainers: [*c, *c]",
			want: "x.image imagePullPolicy alias",
		},
		{
			name: "env and args", env: true,
			in:   "containers: [{env: [{value: a/b}, {value: web}, {valueFrom: c/d}], args: [a, b:c, --d=e/f, {g: h/i}]}]",
			want: "containers[0].env[0].value maybe; containers[0].args[1] maybe; containers[0].args[2] maybe before=4",
		},
		{
			name: "nothing in closed objects",
			in:   "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, containers: [{image: a}]}, {kind: CustomResourceDefinition, containers: [{image: b}]}, {kind: Pod, containers: [{image: c}]}]",
			want: "items[2].containers[0].image imagePullPolicy",
		},
		{
			name:  "an explicit path into a closed object",
			rules: []Rule{{Kind: "Secret", Paths: []string{"data.a", "..b"}}},
			in:    "apiVersion: v1\nkind: Secret\ndata: {a: x, b: y}",
			want:  "data.a",
		},
		{
			name:  "two fields, and a tag field that is missing",
			rules: []Rule{{Kind: "X", Splits: []Split{{"list.*", "repo", "tag"}, {"list.*", "url", "{.ref.tag}"}}}},
			in:    "kind: X\nlist: [{repo: a, tag: b}, {repo: c}, {url: d, ref: {tag: e}}, {url: f, ref: g}]",
			want:  "list[0].repo tag=list[0].tag; list[1].repo add=tag; list[2].url tag=list[2].ref.tag; list[3].url split",
		},
		{
			name:  "objects chosen by name, namespace and version",
			rules: []Rule{{Name: "^a$", Namespace: "n", APIVersion: "^x/", Paths: []string{"{.i}"}}},
			in:    "apiVersion: v1\nkind: List\nitems: [{apiVersion: x/v1, metadata: {name: a, namespace: n}, i: 1}, {apiVersion: x/v1, metadata: {name: b, namespace: n}, i: 2}]",
			want:  "items[0].i",
		},
		{
			name: "compose services",
			in:   "services: {a: {image: b}, c: {build: .}}",
			want: "services.a.image",
		},
		{
			name: "known kinds in a typed list",
			in:   "apiVersion: flink.apache.org/v1\nkind: FlinkDeploymentList\nitems: [{spec: {image: a}}]",
			want: "items[0].spec.image",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var extra *Rules
			if tc.rules != nil {
				extra = mustCompile(t, tc.rules...)
			}
			s := NewSearch(extra, tc.env)
			searchAll(t, []byte(tc.in), s, func(tree *yamltree.Tree) {
				var got []string
				for i := range s.Matches {
					got = append(got, describe(tree, &s.Matches[i]))
				}
				if diff := cmp.Diff(tc.want, strings.Join(got, "; ")); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func describe(tree *yamltree.Tree, f *Match) string {
	words := []string{tree.Path(0, f.Node)}
	add := func(when bool, format string, args ...any) {
		if when {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(f.Holder >= 0, "%s", f.Policy)
	add(f.Again, "again")
	add(f.Via >= 0, "alias")
	add(f.Maybe, "maybe")
	add(f.Before > 0, "before=%d", f.Before)
	switch {
	case f.Tag >= 0:
		add(true, "tag=%s", tree.Path(0, f.Tag))
	case f.TagField != "":
		add(true, "add=%s", f.TagField)
	default:
		add(f.Split, "split")
	}
	return strings.Join(words, " ")
}
