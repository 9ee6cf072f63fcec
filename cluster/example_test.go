package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
)

// dev asks for a cluster, as k8s_cluster("kind-dev", name = "dev") does.
var dev = cluster.Request{Name: "dev", Connection: cluster.ClusterConnection{
	Kubernetes: &cluster.KubernetesClusterConnection{Context: "kind-dev"},
}}

// fake is a resolver in a few lines: a cluster that answered has ConnectedAt.
var fake = cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
	at := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return cluster.Observation{Status: cluster.ClusterStatus{ConnectedAt: &at, Arch: "arm64", Version: "v1.36.3"}}, nil
})

// Resolvers compose. This one asks each cluster once, at most eight at a time,
// each for at most a second.
func ExampleResolver() {
	resolver := cluster.Share(cluster.Limit(cluster.Timeout(fake, time.Second), 8), nil)
	obs, err := resolver.Resolve(context.Background(), dev)
	fmt.Println(obs.Status.Arch, obs.Status.Connected(), err)
	// Output: arm64 true <nil>
}

// Record what a resolver answers, and replay it without that resolver.
func ExampleRecord() {
	recorder := cluster.Record(fake)
	if _, err := recorder.Resolve(context.Background(), dev); err != nil {
		fmt.Println(err)
		return
	}
	replay := cluster.NewReplay("clusters.yaml", recorder.List())
	obs, err := replay.Resolve(context.Background(), dev)
	fmt.Println(obs.Status.Version, err)
	// Output: v1.36.3 <nil>
}

// Replay what `sextant eval -o yaml` printed.
func ExampleParseList() {
	list, err := cluster.ParseList("clusters.yaml", []byte(`
apiVersion: tilt.dev/v1alpha1
kind: ClusterList
metadata: {}
items:
- metadata: {name: dev}
  spec: {connection: {kubernetes: {context: kind-dev}}}
  status: {arch: amd64, connectedAt: "2026-01-02T03:04:05.000000Z", version: v1.36.3}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	replay := cluster.NewReplay("clusters.yaml", list)
	obs, err := replay.Resolve(context.Background(), dev)
	fmt.Println(obs.Status.Arch, err)

	prod := cluster.Request{Name: "prod", Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}}}
	fmt.Println(replay.Knows(prod))
	// Output:
	// amd64 <nil>
	// cluster "prod" (the default docker host) is not in clusters.yaml: it holds "dev" (kubernetes context "kind-dev"); record it with: sextant eval -o yaml FILE > clusters.yaml
}

// Log what a resolver does, at debug level.
func ExampleLog() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == "elapsed" {
				return slog.Attr{} // they differ from run to run
			}
			return a
		},
	}))
	if _, err := cluster.Log(fake, logger).Resolve(context.Background(), dev); err != nil {
		fmt.Println(err)
	}
	// Output:
	// level=DEBUG msg=resolving cluster=dev kubernetes.context=kind-dev
	// level=DEBUG msg=connected cluster=dev endpoint="" version=v1.36.3 arch=arm64
}

// Name the images of a manifest for a cluster, without a script.
func ExampleEffectiveRegistry() {
	observed := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		at := metav1.NewMicroTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
		return cluster.Observation{Status: cluster.ClusterStatus{
			ConnectedAt: &at,
			Registry:    &cluster.RegistryHosting{Host: "localhost:5001", HostFromContainerRuntime: "kind-registry:5000"},
		}}, nil
	})
	rewrite := func(ctx context.Context, resolver cluster.Resolver, d cluster.Declaration, pod []byte) ([]byte, error) {
		obs, err := resolver.Resolve(ctx, d.Request())
		if err != nil {
			return nil, err
		}
		if !obs.Status.Connected() {
			return nil, errors.New(obs.Status.Error)
		}
		chosen, err := cluster.EffectiveRegistry(&d, obs)
		if err != nil {
			return nil, err
		}
		namer, err := image.NewNamer(chosen.ForImages(), image.Nested)
		if err != nil {
			return nil, err
		}
		out, _, err := manifest.Rewrite(pod, manifest.Options{File: "pod.yaml", Replace: func(found *manifest.Image) (string, bool, error) {
			names, err := namer.Names(image.Request{Ref: found.Text})
			return names.Cluster, true, err
		}})
		return out, err
	}

	kindDev := cluster.Declaration{Name: dev.Name, Spec: cluster.ClusterSpec{Connection: dev.Connection}}
	out, err := rewrite(context.Background(), observed, kindDev, []byte("spec: {containers: [{image: shop/api:v1}]}\n"))
	fmt.Print(string(out), err)
	// Output:
	// spec: {containers: [{image: kind-registry:5000/shop/api:v1}]}
	// <nil>
}
