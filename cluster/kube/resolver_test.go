package kube

import (
	"context"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
)

func resolve(t testing.TB, r *Resolver, name string) cluster.Observation {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	obs, err := r.Resolve(ctx, cluster.Request{Name: "x", Connection: cluster.ClusterConnection{
		Kubernetes: &cluster.KubernetesClusterConnection{Context: name}}})
	if err != nil {
		t.Fatal(err)
	}
	return obs
}

func TestHappy(t *testing.T) {
	k := clustertest.NewKube(t, clustertest.KubeFacts{Token: "t", ConfigMaps: clustertest.LocalRegistry(`host: "localhost:5000"`)})
	r := New(Options{Kubeconfig: clustertest.WriteKubeconfig(t, k)})
	defer r.Close()
	obs := resolve(t, r, "")
	t.Logf("%+v", obs)
	t.Log(obs.Status.Connection.Kubernetes, obs.Status.Registry, k.Connections(), k.Requests())
}
