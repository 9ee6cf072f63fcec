package cluster

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// TestProductsAreThoseOfClusterid reads the constants of the library's type
// Product out of its source, so that an upgrade shows what it adds.
func TestProductsAreThoseOfClusterid(t *testing.T) {
	pkg, err := build.Import("github.com/tilt-dev/clusterid", ".", 0)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, name := range pkg.GoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(pkg.Dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Product" && len(spec.Values) == 1 {
				value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, value)
			}
			return true
		})
	}
	slices.Sort(want)
	if len(want) < 10 {
		t.Fatalf("only %d products found in %s", len(want), pkg.Dir)
	}
	if diff := cmp.Diff(want, Products()); diff != "" {
		t.Error(diff)
	}
}

func TestParseProduct(t *testing.T) {
	for _, p := range append(Products(), "") {
		if got, err := ParseProduct(p); got != p || err != nil {
			t.Errorf("%q: %q, %v", p, got, err)
		}
	}
	if _, err := ParseProduct("aks"); err == nil || !strings.HasPrefix(err.Error(), `"aks" is not a known product: use one of colima, crc,`) {
		t.Errorf("aks: %v", err)
	}
}

func TestLocalProduct(t *testing.T) {
	remote := []string{"eks", "gke", "unknown"}
	for _, p := range Products() {
		if got, want := LocalProduct(p), !slices.Contains(remote, p); got != want {
			t.Errorf("LocalProduct(%q) = %v", p, got)
		}
	}
}

func TestIdentifyProduct(t *testing.T) {
	for _, tt := range []struct {
		name       string
		cluster    string // the cluster entry that the context names
		gitVersion string
		product    string
		reason     string
	}{
		{"kind", "kind-dev", "v1.36.3", "kind", ProductKubeconfig},
		{"kind of old", "kind", "v1.36.3", "kind", ProductKubeconfig},
		{"k3d", "k3d-dev", "v1.36.3+k3s1", "k3d", ProductKubeconfig},
		{"minikube", "minikube", "v1.36.3", "minikube", ProductKubeconfig},
		{"docker desktop", "docker-desktop", "v1.36.3", "docker-desktop", ProductKubeconfig},
		{"microk8s", "microk8s-cluster", "v1.36.3", "microk8s", ProductKubeconfig},
		{"crc", "api-crc-testing:6443", "v1.36.3", "crc", ProductKubeconfig},
		{"rancher desktop", "rancher-desktop", "v1.36.3", "rancher-desktop", ProductKubeconfig},
		{"colima", "colima", "v1.36.3", "colima", ProductKubeconfig},
		{"orbstack", "orbstack", "v1.36.3", "orbstack", ProductKubeconfig},
		{"gke by name", "gke_project_zone_dev", "v1.36.3", "gke", ProductKubeconfig},
		{"eks by name", "arn:aws:eks:us-east-1:1:cluster/dev", "v1.36.3", "eks", ProductKubeconfig},
		{"gke by version", "prod", "v1.36.3-gke.1200", "gke", ProductServerVersion},
		{"eks by version", "prod", "v1.36.3-eks-113cf36", "eks", ProductServerVersion},
		{"the name comes first", "kind-dev", "v1.36.3-gke.1200", "kind", ProductKubeconfig},
		{"neither", "prod", "v1.36.3", "unknown", ProductNoRule},
		{"a version that only looks so", "prod", "v1.36.3-gkeish", "unknown", ProductNoRule},
		{"no version", "prod", "", "unknown", ProductNoRule},
	} {
		t.Run(tt.name, func(t *testing.T) {
			product, reason := IdentifyProduct(&clientcmdapi.Context{Cluster: tt.cluster}, &clientcmdapi.Cluster{}, tt.gitVersion)
			if product != tt.product || reason != tt.reason {
				t.Errorf("got %s by %s, want %s by %s", product, reason, tt.product, tt.reason)
			}
			if !slices.Contains(Products(), product) {
				t.Errorf("%s is not in Products()", product)
			}
		})
	}
	t.Run("in a pod there is no kubeconfig", func(t *testing.T) {
		if product, reason := IdentifyProduct(nil, nil, "v1.36.3-eks-1"); product != "eks" || reason != ProductServerVersion {
			t.Errorf("%s by %s", product, reason)
		}
	})
	t.Run("a context may name a cluster that is not there", func(t *testing.T) {
		if product, _ := IdentifyProduct(&clientcmdapi.Context{Cluster: "prod"}, nil, ""); product != "unknown" {
			t.Error(product)
		}
	})
}
