package builtins

import (
	"context"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	sl "go.starlark.net/starlark"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
)

// TestAttributes holds the rows of attributes to the values that have them: each
// has an attribute for each of its rows, methods aside, and no other.
func TestAttributes(t *testing.T) {
	r := New(Options{})
	r.thread = new(sl.Thread)
	names, err := r.Begin(context.Background(), fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	now := metav1.NowMicro()
	decl := cluster.Declaration{Name: "c", Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{
		Kubernetes: &cluster.KubernetesClusterConnection{},
	}}}
	c := &clusterValue{run: r, decl: decl, obs: &cluster.Observation{Status: cluster.ClusterStatus{Arch: "amd64", ConnectedAt: &now}}}
	values := map[string]sl.HasAttrs{
		"Cluster":  c,
		"Registry": &registryValue{&cluster.RegistryHosting{}},
		"Image":    &imageValue{},
		"os":       names["os"].(sl.HasAttrs),
	}
	for _, v := range []any{&cluster.ClusterConnection{}, &cluster.KubernetesClusterConnection{}, &cluster.DockerClusterConnection{},
		&image.Parts{}, &cluster.SecretReference{}, &cluster.ClusterProfileReference{}, &metav1.Condition{},
		&cluster.ClusterConnectionStatus{}, &cluster.KubernetesClusterConnectionStatus{}} {
		record, err := recordOf(v)
		if err != nil {
			t.Fatal(err)
		}
		values[record.Type()] = record
	}
	for _, name := range []string{"spec", "status"} {
		v, err := c.Attr(name)
		if err != nil {
			t.Fatal(err)
		}
		values[v.Type()] = v.(sl.HasAttrs)
	}

	rows := map[string][]string{}
	for _, a := range Attributes() {
		rows[a.Of] = append(rows[a.Of], a.Name)
	}
	functions := map[string]bool{}
	for _, f := range Functions() {
		functions[f.Name] = true
	}
	have := map[string][]string{}
	for of, v := range values {
		for _, name := range v.AttrNames() {
			if functions[of+"."+name] || of == "os" && name == "path" {
				continue
			}
			have[of] = append(have[of], name)
			if got, err := v.Attr(name); got == nil || err != nil {
				t.Errorf("%s.%s: got %v, %v", of, name, got, err)
			}
		}
		slices.Sort(have[of])
		slices.Sort(rows[of])
	}
	if diff := cmp.Diff(rows, have); diff != "" {
		t.Errorf("-rows +values\n%s", diff)
	}
	for _, records := range recordAttributes() {
		of := records.Rows()[0].Of
		record, ok := values[of].(interface{ Go() any })
		if !ok {
			t.Errorf("%s is no record", of)
			continue
		}
		again, err := recordOf(record.Go())
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range records.Names() {
			if got, err := records.Get(again, name); got == nil || err != nil {
				t.Errorf("%s.%s by its row: got %v, %v", of, name, got, err)
			}
		}
	}
}
