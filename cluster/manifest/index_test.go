package manifest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
)

func object(apiVersion, kind, metadata string) string {
	return fmt.Sprintf("---\napiVersion: %s\nkind: %s\nmetadata: {%s}\n", apiVersion, kind, metadata)
}

func TestIndexFindsDuplicates(t *testing.T) {
	var got []string
	index := manifest.NewIndex("shop")
	for file, text := range []string{
		object("v1", "Service", "name: a") +
			object("serving.knative.dev/v1", "Service", "name: a") +
			object("v1", "ConfigMap", "name: a") +
			object("v1", "Service", "name: a, namespace: other") +
			object("apps/v1", "Deployment", "name: ab") +
			object("v1", "Pod", "generateName: a") + object("v1", "Pod", "generateName: a") + "---\na: b\n---\na: b\n",
		object("v1", "Service", "name: a, namespace: shop") +
			object("apps/v1beta1", "Deployment", `name: "ab"`) +
			"---\nkind: DeploymentList\napiVersion: apps/v1\nitems:\n- metadata: {name: ab}\n  apiVersion: apps/v1\n",
	} {
		_, err := manifest.Scan(strings.NewReader(text), manifest.Options{
			File: fmt.Sprintf("%d.yaml", file), Index: index,
			OnDuplicate: func(again manifest.Object, first diag.Position) error {
				got = append(got, fmt.Sprintf("%s %s at %s and %s", again.Kind, again.Name, first, again.Position))
				return nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		"Service a at 0.yaml:2:1 and 1.yaml:2:1",
		"Deployment ab at 0.yaml:18:1 and 1.yaml:6:1",
		"Deployment ab at 0.yaml:18:1 and 1.yaml:13:3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestIndexKnowsManyObjects goes past every size at which it grows.
func TestIndexKnowsManyObjects(t *testing.T) {
	const n = 5000
	index := manifest.NewIndex("")
	for round, want := range []int{0, n} {
		var text strings.Builder
		for i := range n {
			text.WriteString(object("v1", "Pod", fmt.Sprintf("name: pod-%d", i)))
		}
		twice := 0
		_, err := manifest.Scan(strings.NewReader(text.String()), manifest.Options{
			File: "x.yaml", Index: index,
			OnDuplicate: func(again manifest.Object, first diag.Position) error {
				if twice++; again.Position != first {
					return fmt.Errorf("%s was at %s", again.Name, first)
				}
				return nil
			},
		})
		if err != nil || twice != want {
			t.Errorf("round %d: %v, %d twice, want %d", round, err, twice, want)
		}
	}
}

func TestNullIsNoName(t *testing.T) {
	for text, want := range map[string]int{
		object("v1", "Pod", "generateName: a, name: null") + object("v1", "Pod", "generateName: a, name: ~"): 0,
		object("v1", "Pod", "name: a") + object("v1", "Pod", "name: a, namespace: null"):                     1,
		object("v1", "Pod", "name: a") + object("v1", "Pod", `name: a, namespace: "null"`):                   0,
	} {
		twice := 0
		_, err := manifest.Scan(strings.NewReader(text), manifest.Options{
			Index:       manifest.NewIndex(""),
			OnDuplicate: func(manifest.Object, diag.Position) error { twice++; return nil },
		})
		if err != nil || twice != want {
			t.Errorf("%q: %d twice, want %d: %v", text, twice, want, err)
		}
	}
}

func TestDuplicateErrorsHaveAPlace(t *testing.T) {
	why := errors.New("twice")
	_, err := manifest.Scan(strings.NewReader(object("v1", "Pod", "name: a")+object("v1", "Pod", "name: a")), manifest.Options{
		File: "x.yaml", Index: manifest.NewIndex(""),
		OnDuplicate: func(manifest.Object, diag.Position) error { return why },
	})
	if !errors.Is(err, why) || err.Error() != "x.yaml:6:1: twice" {
		t.Error(err)
	}
}
