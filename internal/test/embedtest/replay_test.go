package embedtest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/starlark"
)

// everything reads all that a run can know of clusters, which are in a state of
// each sort.
const everything = `
print(k8s_context(), k8s_namespace(), k8s_contexts())
allow_k8s_contexts("c1")
clusters = [k8s_cluster("c1", default_registry="gcr.io/team"), k8s_cluster(), k8s_cluster("limited", product="kind"),
    k8s_cluster("hiccup"), k8s_cluster("shop", product="kind"), k8s_cluster("gone"), docker_cluster("%s")]
for c in clusters:
    print(c.name, c.connected, c.status, c.architectures)
    output(c.name, c)
for c in clusters[:3]:
    print(c.image("web"), c.registry_source)
`

// TestReplayEqualsLive: a replay prints, warns and returns what the live run did.
func TestReplayEqualsLive(t *testing.T) {
	const nodes, hosting = "/api/v1/nodes", "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"
	config := clientcmdapi.NewConfig()
	var versions atomic.Int32
	for name, facts := range map[string]clustertest.KubeFacts{
		"c1":      {ConfigMaps: clustertest.LocalRegistry("host: localhost:5000")},
		"limited": {Status: map[string]int{nodes: 403, hosting: 403}},
		"hiccup":  {Status: map[string]int{nodes: 500, hosting: 503}},
		"shop":    {Version: "v1.36.3-eks-1", Token: "secret"},
		"gone":    {Token: "secret"},
		"unused":  {},
	} {
		facts.Name = name
		if name == "c1" {
			facts.Fault = counting(&versions)
		}
		server := clustertest.NewKube(t, facts)
		if name == "gone" {
			server.Close()
		}
		one := server.Kubeconfig()
		config.Contexts[name], config.AuthInfos[name], config.Clusters[name] = one.Contexts[name], one.AuthInfos[name], one.Clusters[name]
		config.Clusters[name].InsecureSkipTLSVerify, config.Clusters[name].CertificateAuthorityData = true, nil
	}
	config.CurrentContext = "c1"
	dir := t.TempDir()
	for parent := dir; parent != os.TempDir() && parent != filepath.Dir(parent); parent = filepath.Dir(parent) {
		if err := os.Chmod(parent, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "config")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf(everything, clustertest.NewDocker(t, clustertest.DockerFacts{}).Host())

	k := kube.New(kube.Options{Kubeconfig: file, Env: []string{}})
	defer k.Close()
	live := cluster.ByKind{Kubernetes: k, Docker: docker.New(docker.Options{Env: []string{}})}
	want, list := runOnce(t, script, cluster.Share(live, k.Named), k)
	if n := versions.Load(); n != 1 {
		t.Errorf("c1 was resolved %d times, want once for its two names", n)
	}

	data, err := yaml.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := cluster.ParseList("clusters.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	replay := cluster.NewReplay("clusters.yaml", recorded)
	got, replayed := runOnce(t, script, replay, replay)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what was said (-live +replay):\n%s", diff)
	}
	if diff := cmp.Diff(list, replayed); diff != "" {
		t.Errorf("the list (-live +replay):\n%s", diff)
	}
	exposed := 0
	for _, line := range want {
		if strings.Contains(line, "warning: ") && strings.Contains(line, "everybody on this machine") {
			exposed++
		}
	}
	if localfile.Exposed(file) && exposed != 1 {
		t.Errorf("%d warnings of one file, want one: %q", exposed, want)
	}
}

// counting counts the questions for the version.
func counting(n *atomic.Int32) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/version" {
			n.Add(1)
		}
		return false
	}
}

// runOnce runs a script, and returns the lines that it printed, warned and output,
// and its clusters.
func runOnce(t *testing.T, script string, resolver cluster.Resolver, catalog cluster.Catalog) (said []string, list *cluster.ClusterList) {
	t.Helper()
	run := builtins.New(builtins.Options{
		Resolver: resolver,
		Catalog:  catalog,
		Warn:     func(w builtins.Warning) { said = append(said, w.String()) },
	})
	engine := starlark.Engine{
		Files: fstest.MapFS{"Clusterfile": {Data: []byte(script)}},
		Print: func(_ diag.Position, message string) { said = append(said, message) },
	}
	if err := engine.Run(t.Context(), "Clusterfile", run); err != nil {
		t.Fatal(err)
	}
	for _, o := range run.Outputs() {
		said = append(said, o.Name+" = "+string(o.JSON))
	}
	return said, run.Clusters()
}
