package hub_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// apiServer keeps clusters in namespace team and the fleet's Lease.
type apiServer struct {
	clusters []cluster.Cluster
	renewed  time.Time // the zero value is no Lease
	// expire has the token of the second page be too old, once.
	expire bool
	// code, if set, answers every list.
	code  int
	pages int
}

func (s *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/apis/coordination.k8s.io/v1/namespaces/sextant-system/leases/sextant-fleet":
		if s.renewed.IsZero() {
			http.NotFound(w, r)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"spec": map[string]any{"renewTime": metav1.NewMicroTime(s.renewed), "leaseDurationSeconds": 3600}})
	case "/apis/tilt.dev/v1alpha1/namespaces/team/clusters":
		if s.code != 0 {
			w.WriteHeader(s.code)
			return
		}
		s.pages++
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		from, _ := strconv.Atoi(r.FormValue("continue"))
		if from > 0 && s.expire {
			s.expire = false
			w.WriteHeader(http.StatusGone)
			return
		}
		list := cluster.NewList(s.clusters[from:min(from+limit, len(s.clusters))])
		if from+limit < len(s.clusters) {
			list.Continue = strconv.Itoa(from + limit)
		}
		json.NewEncoder(w).Encode(list)
	default:
		http.NotFound(w, r)
	}
}

func open(t *testing.T, s *apiServer) (*hub.Hub, error) {
	t.Helper()
	return hub.Open(t.Context(), resolver(t, s), hub.Ref{})
}

// resolver connects to a server of namespace team.
func resolver(t testing.TB, s http.Handler) *kube.Resolver {
	t.Helper()
	server := faults.Serve(t, s)
	config := clientcmdapi.NewConfig()
	config.CurrentContext = "hub"
	config.Contexts["hub"] = &clientcmdapi.Context{Cluster: "hub", AuthInfo: "me", Namespace: "team"}
	config.Clusters["hub"] = &clientcmdapi.Cluster{Server: server.URL, CertificateAuthorityData: faults.Certificates(t).CA.PEM}
	config.AuthInfos["me"] = &clientcmdapi.AuthInfo{Token: faults.Token}
	text, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	k := kube.New(kube.Options{Config: text, Origin: "the test", Env: []string{}})
	t.Cleanup(k.Close)
	return k
}

func object(name string, labels map[string]string, status cluster.ClusterStatus) cluster.Cluster {
	return cluster.Cluster{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "team", Labels: labels},
		Spec:       cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{SecretRef: &cluster.SecretReference{}}}},
		Status:     status,
	}
}

func request(name string) cluster.Request {
	return cluster.Request{Name: name, Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{Context: "whatever"}}}
}

// Clusters are read in pages, again from the start if the API server has
// forgotten where the next one begins, and are found by name.
func TestHub(t *testing.T) {
	now := metav1.NowMicro()
	for _, expire := range []bool{false, true} {
		s := &apiServer{renewed: time.Now(), expire: expire}
		for i := range 1201 {
			s.clusters = append(s.clusters, object(fmt.Sprintf("c%d", i), nil, cluster.ClusterStatus{Version: fmt.Sprint(i), ConnectedAt: &now}))
		}
		h, err := open(t, s)
		if err != nil {
			t.Fatal(err)
		}
		if want := 3; s.pages < want {
			t.Errorf("%d pages, want %d at least", s.pages, want)
		}
		if w := h.Warnings(); len(w) > 0 {
			t.Errorf("warnings: %v", w)
		}
		for _, i := range []int{0, 499, 500, 1200} {
			obs, err := h.Resolve(t.Context(), request(fmt.Sprintf("c%d", i)))
			if err != nil || obs.Status.Version != fmt.Sprint(i) || !obs.Status.Connected() {
				t.Errorf("c%d: %v, %+v", i, err, obs)
			}
		}
		all, err := h.Fleet()
		if err != nil || len(all) != 1201 || all[0].Name != "c0" || all[1].Name != "c1" || all[2].Name != "c10" {
			t.Errorf("%d clusters, %v", len(all), err)
		}
	}
}

func TestAnswers(t *testing.T) {
	h, err := open(t, &apiServer{renewed: time.Now(), clusters: []cluster.Cluster{object("new", nil, cluster.ClusterStatus{}), object("down", map[string]string{"env": "prod"}, cluster.ClusterStatus{Error: "it is down"})}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"new": "the hub has not checked it yet: see whether sextant-controller runs", "down": "it is down"} {
		obs, err := h.Resolve(t.Context(), request(name))
		if err != nil || obs.Status.Error != want {
			t.Errorf("%s: %v, %q, want %q", name, err, obs.Status.Error, want)
		}
	}
	odd := cluster.ClusterStatus{ConnectedAt: &metav1.MicroTime{Time: time.Now()}, RegistrySource: cluster.SourceConfigMap}
	doubtful, err := open(t, &apiServer{renewed: time.Now(), clusters: []cluster.Cluster{object("odd", nil, odd)}})
	if err != nil {
		t.Fatal(err)
	}
	if obs, err := doubtful.Resolve(t.Context(), request("odd")); err != nil || obs.Status.RegistrySource != cluster.SourceUnknown {
		t.Errorf("a source without its registry: %v, %q", err, obs.Status.RegistrySource)
	}
	now := metav1.NowMicro()
	changed := object("changed", nil, cluster.ClusterStatus{ConnectedAt: &now, ObservedGeneration: 4})
	changed.Generation = 5
	current := object("current", nil, cluster.ClusterStatus{ConnectedAt: &now, ObservedGeneration: 5})
	current.Generation = 5
	older, err := open(t, &apiServer{renewed: time.Now(), clusters: []cluster.Cluster{changed, current}})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"changed": "the hub has not checked it since its spec was changed: see whether sextant-controller runs", "current": ""} {
		if obs, err := older.Resolve(t.Context(), request(name)); err != nil || obs.Status.Error != want {
			t.Errorf("%s: %v, %q, want %q", name, err, obs.Status.Error, want)
		}
	}
	either := request("current")
	either.Connection.Kubernetes.Context = "changed"
	if err := older.Knows(either); err == nil || !strings.Contains(err.Error(), `cluster "current" is declared for context "changed", and the hub kubernetes/team keeps a cluster of either name`) {
		t.Errorf("got %v", err)
	}
	missing := (*hub.MissingError)(nil)
	if err := h.Knows(request("other")); !errors.As(err, &missing) || err.Error() != `cluster "other" not found on the hub kubernetes/team: there are "new", "down"` {
		t.Errorf("got %v", err)
	}
	docker := cluster.Request{Name: "down", Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{}}}
	if err := h.Knows(docker); err == nil || !strings.Contains(err.Error(), "a hub keeps no Docker daemons") {
		t.Errorf("got %v", err)
	}
	if _, _, err := h.CurrentContext(); err == nil {
		t.Error("a hub has a current context")
	}
	all, err := h.Fleet()
	if diff := cmp.Diff(map[string]string{"env": "prod"}, all[0].Labels); diff != "" || err != nil {
		t.Errorf("labels (-want +got):\n%s, %v", diff, err)
	}
}

func TestFreshness(t *testing.T) {
	for _, tc := range []struct {
		renewed time.Time
		want    string // a regular expression
	}{
		{time.Now(), "$"},
		// Asked a moment later, or some minutes on a busy machine.
		{time.Now().Add(-90 * time.Minute), `the statuses of this hub are old: not all of its clusters were checked in the last 1h3\dm\d+s;`},
		{time.Now().Add(time.Hour), "the statuses of this hub may be old: its lease sextant-system/sextant-fleet was renewed in the future"},
		{time.Time{}, "the statuses of this hub may be old: sextant-controller has never checked all of its clusters"},
	} {
		h, err := open(t, &apiServer{renewed: tc.renewed})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(h.Warnings(), "\n"); !regexp.MustCompile("^" + tc.want).MatchString(got) {
			t.Errorf("renewed at %s: %q, want %q", tc.renewed, got, tc.want)
		}
	}
}

// What keeps a hub from being read is an error with what to do about it.
func TestProblems(t *testing.T) {
	for code, want := range map[int]string{
		404: "it keeps no clusters: apply what sextant-controller manifests prints",
		403: "you may not list clusters in namespace team: ask for the Role sextant-reader there",
		500: "the server answered 500 Internal Server Error to GET /apis/tilt.dev/v1alpha1/namespaces/team/clusters",
	} {
		_, err := open(t, &apiServer{code: code})
		if err == nil || !strings.HasPrefix(err.Error(), "read the clusters of kubernetes: ") && !strings.HasPrefix(err.Error(), "read the clusters of kubernetes/team: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %v, want %q", code, err, want)
		}
	}
}

// A list of other objects, or of another namespace, is not a list of this hub's clusters.
func TestOtherObjects(t *testing.T) {
	for body, want := range map[string]string{
		`{"apiVersion":"cluster.x-k8s.io/v1beta1","kind":"ClusterList","items":[]}`:                                                       "it is of another kind",
		`{"kind":"ClusterList","items":[{"apiVersion":"cluster.x-k8s.io/v1beta1","kind":"Cluster","metadata":{"name":"a"}}]}`:             "it is of another kind",
		`{"kind":"ClusterList","items":[{"metadata":{"name":"a","namespace":"other"}}]}`:                                                  `"a" is of namespace "other"`,
		`{"kind":"ClusterList","items":[{"metadata":{"name":"a"},"status":{"registry":{"host":"a:1","host":"b:1"}}}]}`:                    `duplicate field "registry.host"`,
		`{"kind":"ClusterList","items":[{"metadata":{"name":"a"},"status":{"version":"v1"},"status":{"registry":{"host":"evil:5000"}}}]}`: `"status" is in it twice`,
	} {
		_, err := hub.Open(t.Context(), resolver(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, body) })), hub.Ref{})
		if err == nil || !strings.Contains(err.Error(), "the answer is not a list of clusters: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", body, err, want)
		}
	}
	// As API servers read objects, and encoding/json does not.
	h, err := hub.Open(t.Context(), resolver(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{"kind":"ClusterList","items":[{"metadata":{"name":"a"},"status":{"registrySource":"configmap","registry":{"host":"a:1","HOST":"b:1"}}}]}`)
	})), hub.Ref{})
	if err != nil {
		t.Fatal(err)
	}
	if obs, err := h.Resolve(t.Context(), request("a")); err != nil || obs.Status.Registry == nil || obs.Status.Registry.Host != "a:1" {
		t.Errorf("%+v, %v", obs.Status.Registry, err)
	}
}

// Pages that do not end, go back or repeat what was read are an error, in a
// bounded number of requests.
func TestPages(t *testing.T) {
	page := func(token, name string) string {
		return fmt.Sprintf(`{"kind":"ClusterList","metadata":{"continue":%q},"items":[{"metadata":{"name":%q}}]}`, token, name)
	}
	const endless, gone = "its pages do not end", "410"
	for name, tc := range map[string]struct {
		answer func(token string, n int) string // "410" for that status
		want   string
		most   int // requests
	}{
		"the same token": {func(string, int) string { return page("x", "a") }, endless, 2},
		"two tokens in turn": {func(token string, n int) string {
			return page(map[string]string{"": "x", "x": "y", "y": "x"}[token], fmt.Sprint(n))
		}, endless, 3},
		"tokens without end":  {func(_ string, n int) string { return page(fmt.Sprint(n), fmt.Sprint(n)) }, endless, 1000},
		"a token of 1 MiB":    {func(string, int) string { return page(strings.Repeat("x", 1<<20), "a") }, endless, 1},
		"gone for ever":       {func(token string, _ int) string { return map[string]string{"": page("x", "a"), "x": gone}[token] }, endless, 1000},
		"gone from the start": {func(string, int) string { return gone }, "410 Gone", 1},
		"an item again": {func(token string, _ int) string {
			return map[string]string{"": page("x", "a"), "x": page("", "a")}[token]
		}, `"a" is in it twice`, 2},
		"another kind": {func(token string, _ int) string {
			return map[string]string{"": page("x", "a"), "x": `{"kind":"PodList","items":[]}`}[token]
		}, "it is of another kind", 2},
		"cut": {func(token string, _ int) string {
			return map[string]string{"": page("x", "a"), "x": page("", "b")[:40]}[token]
		}, "not a list of clusters", 2},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			_, err := hub.Open(t.Context(), resolver(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasSuffix(r.URL.Path, "/clusters") {
					http.NotFound(w, r)
					return
				}
				n++
				if text := tc.answer(r.FormValue("continue"), n); text != gone {
					fmt.Fprint(w, text)
				} else {
					w.WriteHeader(http.StatusGone)
				}
			})), hub.Ref{})
			if err == nil || !strings.Contains(err.Error(), tc.want) || n > tc.most {
				t.Errorf("%d requests, %v, want %d with %q", n, err, tc.most, tc.want)
			}
		})
	}
}

// What a hub keeps is as safe to print as what a cluster answers.
func TestHostileStatuses(t *testing.T) {
	h, err := open(t, &apiServer{renewed: time.Now(), clusters: []cluster.Cluster{object("a", nil, cluster.ClusterStatus{Error: "\x1b[2J\n\u202e" + strings.Repeat("x", 1<<20)})}})
	if err != nil {
		t.Fatal(err)
	}
	obs, err := h.Resolve(t.Context(), request("a"))
	if got := obs.Status.Error; err != nil || len(got) > 4<<10 || strings.ContainsAny(got, "\x1b\n\u202e") {
		t.Errorf("%d bytes, %.40q, %v", len(got), got, err)
	}
}

func TestParseRef(t *testing.T) {
	contexts := []string{"hub", "arn:aws:eks:eu:1:cluster/prod"}
	for text, want := range map[string]hub.Ref{
		"kubernetes":                          {},
		"kubernetes:hub":                      {Context: "hub"},
		"kubernetes/team":                     {Namespace: "team"},
		"kubernetes:hub/team":                 {Context: "hub", Namespace: "team"},
		"kubernetes:" + contexts[1]:           {Context: contexts[1]},
		"kubernetes:" + contexts[1] + "/team": {Context: contexts[1], Namespace: "team"},
	} {
		got, err := hub.ParseRef(text, contexts)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
		if got.String() != text {
			t.Errorf("%s reads back as %s", text, got)
		}
	}
	for _, text := range []string{"", "hub", "kubernetes:", "postgres:hub", "kubernetes:hub/", "kubernetes:hub/Team", "kubernetesX"} {
		if got, err := hub.ParseRef(text, contexts); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}
