package cluster

import "testing"

func TestByKind(t *testing.T) {
	named := func(version string) Resolver {
		return resolverFunc(func(Request) (Observation, error) {
			return Observation{Status: ClusterStatus{Version: version}}, nil
		})
	}
	both := ByKind{Kubernetes: named("k"), Docker: named("d")}
	for _, tt := range []struct {
		resolver   ByKind
		connection ClusterConnection
		want, err  string
	}{
		{both, kubernetesConnection("", ""), "k", ""},
		{both, dockerConnection(""), "d", ""},
		{ByKind{Docker: named("d")}, kubernetesConnection("prod", ""), "", `cluster "c": no resolver for kubernetes context "prod"`},
		{ByKind{Kubernetes: named("k")}, dockerConnection(""), "", `cluster "c": no resolver for the default docker host`},
		{both, ClusterConnection{}, "", `cluster "c": no resolver for no connection`},
	} {
		obs, err := tt.resolver.Resolve(t.Context(), Request{Name: "c", Connection: tt.connection})
		text := ""
		if err != nil {
			text = err.Error()
		}
		if obs.Status.Version != tt.want || text != tt.err {
			t.Errorf("%s: %q, %s", tt.connection, obs.Status.Version, text)
		}
	}
}
