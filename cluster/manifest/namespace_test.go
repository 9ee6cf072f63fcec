package manifest_test

import (
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

// TestNamespace writes a namespace into every object that has none.
func TestNamespace(t *testing.T) {
	const in = `# Source: a
apiVersion: v1
kind: ConfigMap
metadata:
  name: a # why
  labels: {x: y}
data: {namespace: kept}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: b}
---
apiVersion: v1
kind: ConfigMap
metadata:
  namespace: other
  name: c
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: d
  namespace: ""
---
apiVersion: batch/v1
kind: Job
metadata:
  generateName: e-
---
# nothing
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata:
    name: f
- {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "g", "namespace": null}}
`
	want := strings.NewReplacer(
		"name: a # why\n", "name: a # why\n  namespace: team\n",
		"{name: b}", "{name: b, namespace: team}",
		`namespace: ""`, `namespace: "team"`,
		"generateName: e-\n", "generateName: e-\n  namespace: team\n",
		"name: f\n", "name: f\n    namespace: team\n",
		`"namespace": null`, `"namespace": team`,
	).Replace(in)
	got, _, err := manifest.Rewrite([]byte(in), manifest.Options{Namespace: "team"})
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s", err, got)
	}
	again, plan, err := manifest.Rewrite(got, manifest.Options{Namespace: "other"})
	if err != nil || plan.Changed() {
		t.Errorf("%v\n%s", err, again)
	}
	if _, _, err := manifest.Rewrite([]byte("apiVersion: v1\nkind: Secret\nmetadata: {}"), manifest.Options{Namespace: "a"}); err == nil || !strings.Contains(err.Error(), "no name") {
		t.Error(err)
	}
}
