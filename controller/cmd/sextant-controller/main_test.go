package main

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// printed runs a command and returns what it prints.
func printed(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	cmd := command(&out)
	cmd.SetArgs(args)
	cmd.SetErr(io.Discard)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestUsage(t *testing.T) {
	for _, tt := range []struct {
		args string
		want string
	}{
		{"run", "name a namespace with --watch"},
		{"run --watch Team", `--watch "Team": a lowercase RFC 1123 label`},
		{"run --watch team-a --network 10.0.0.0", `--network "10.0.0.0" is not a CIDR such as 10.0.0.0/8`},
		{"run --watch team-a --provider cloud", `--provider "cloud" is not NAME=COMMAND [ARG…]`},
		{"run --watch team-a --provider cloud=", `--provider "cloud=" is not NAME=COMMAND [ARG…]`},
		{"run --watch team-a --interval 0s", "--interval 0s: it must be more than 0"},
		{"run --watch team-a --timeout -1s", "--timeout -1s: it must be more than 0"},
		{"run --watch team-a --workers 0", "--workers 0: it must be more than 0"},
		{"run --watch team-a extra", `unknown command "extra"`},
		{"manifests --image i", "name a namespace with --watch"},
		{"manifests --watch team-a", "name the controller's image with --image"},
		{"manifests --watch team-a --image i --network x", `--network "x" is not a CIDR`},
	} {
		out, err := printed(t, strings.Fields(tt.args)...)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || out != "" {
			t.Errorf("%s: %v, want %q; it printed %q", tt.args, err, tt.want, out)
		}
	}
}

// The flags of the manifests are those that the Deployment runs with, and each
// namespace has its Roles.
func TestManifests(t *testing.T) {
	out, err := printed(t, "manifests", "--image", "registry.example/c:v1", "--watch", "team-a", "--watch", "team-b",
		"--network", "10.0.0.0/8", "--provider", "cloud=cloud-login --quiet")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for text := range strings.SplitSeq(out, "\n---\n") {
		var object metav1.PartialObjectMetadata
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
		kinds = append(kinds, strings.TrimPrefix(object.Kind+" "+object.Namespace+"/"+object.Name, " "))
		switch object.Kind {
		case "Deployment":
			var d appsv1.Deployment
			if err := yaml.UnmarshalStrict([]byte(text), &d); err != nil {
				t.Fatal(err)
			}
			c := d.Spec.Template.Spec.Containers[0]
			want := []string{"run", "--health=:8081", "--watch=team-a", "--watch=team-b", "--network=10.0.0.0/8", "--provider=cloud=cloud-login --quiet"}
			if diff := cmp.Diff(want, c.Args); diff != "" || c.Image != "registry.example/c:v1" {
				t.Errorf("image %s, arguments (-want +got):\n%s", c.Image, diff)
			}
		case "Role":
			var r rbacv1.Role
			if err := yaml.UnmarshalStrict([]byte(text), &r); err != nil {
				t.Fatal(err)
			}
			for _, rule := range r.Rules {
				if strings.Contains(strings.Join(append(rule.Verbs, rule.Resources...), " "), "*") {
					t.Errorf("Role %s/%s allows anything: %+v", r.Namespace, r.Name, rule)
				}
			}
		case "ClusterRole", "ClusterRoleBinding":
			t.Errorf("%s %s is for all namespaces", object.Kind, object.Name)
		}
	}
	want := []string{
		"CustomResourceDefinition /clusters.tilt.dev", "Namespace /sextant-system", "ServiceAccount sextant-system/sextant-controller",
		"Role sextant-system/sextant-controller", "RoleBinding sextant-system/sextant-controller",
		"Role sextant-system/sextant-reader", "RoleBinding sextant-system/sextant-reader",
		"Role team-a/sextant-controller", "RoleBinding team-a/sextant-controller", "Role team-a/sextant-reader",
		"Role team-b/sextant-controller", "RoleBinding team-b/sextant-controller", "Role team-b/sextant-reader",
		"Deployment sextant-system/sextant-controller",
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}
