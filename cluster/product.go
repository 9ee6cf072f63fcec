package cluster

import (
	"fmt"
	"strings"

	"github.com/tilt-dev/clusterid"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Values of [ClusterStatus.ProductReason]: the rule that named the product.
const (
	// ProductDeclared: the script names it.
	ProductDeclared = "declared"
	// ProductKubeconfig: the names or paths in the kubeconfig decided.
	ProductKubeconfig = "kubeconfig"
	// ProductServerVersion: the server's gitVersion decided.
	ProductServerVersion = "server-version"
	// ProductNoRule: nothing decided, the product is unknown.
	ProductNoRule = "no-rule"
)

// ProductUnknown is the product if no rule names one.
const ProductUnknown = string(clusterid.ProductUnknown)

// ProductMicroK8s is the product with its own way to advertise a registry.
const ProductMicroK8s = string(clusterid.ProductMicroK8s)

// Products lists every product name, sorted.
func Products() []string {
	return []string{
		"colima", "crc", "docker-desktop", "eks", "gke", "k3d", "kind", "krucible",
		"microk8s", "minikube", "orbstack", "rancher-desktop", ProductUnknown,
	}
}

// ParseProduct checks a declared product; "" declares none.
func ParseProduct(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	for _, p := range Products() {
		if p == s {
			return s, nil
		}
	}
	return "", fmt.Errorf("%q is not a known product: use one of %s", s, strings.Join(Products(), ", "))
}

// LocalProduct reports whether the product runs on a developer's own machine.
func LocalProduct(product string) bool {
	return clusterid.Product(product).IsDevCluster()
}

// IdentifyProduct names the distribution of a cluster and the rule that decided:
// the kubeconfig's context and cluster first, by clusterid's rules, then the
// server's gitVersion, where GKE and EKS leave their mark.
func IdentifyProduct(kubeContext *clientcmdapi.Context, kubeCluster *clientcmdapi.Cluster, gitVersion string) (product, reason string) {
	if kubeContext != nil {
		if p := clusterid.ProductFromContext(kubeContext, kubeCluster); p != clusterid.ProductUnknown {
			return string(p), ProductKubeconfig
		}
	}
	if product := HostedProduct(gitVersion); product != "" {
		return product, ProductServerVersion
	}
	return ProductUnknown, ProductNoRule
}

// HostedProduct returns the hosted product whose mark is in a server's gitVersion, ""
// for none. Unlike the names in a kubeconfig, nobody chooses it.
func HostedProduct(gitVersion string) string {
	switch {
	case strings.Contains(gitVersion, "-gke."):
		return string(clusterid.ProductGKE)
	case strings.Contains(gitVersion, "-eks-"):
		return string(clusterid.ProductEKS)
	}
	return ""
}
