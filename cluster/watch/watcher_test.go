package watch

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a Source of clusters that behave as a test has it.
type world struct {
	mu       sync.Mutex
	clusters map[string]*fake // by context
	changed  chan struct{}
	opened   int
	asked    []string
	start    time.Time
}

// fake is one cluster.
type fake struct {
	key, version, identity, endpoint string
	// down is why it does not answer; hangs has it answer nothing instead.
	down         string
	hangs        bool
	unauthorized bool
	// issued counts the credentials that were obtained; none can be if it fails.
	issued        int
	noCredentials bool
	expires       time.Duration // of new credentials
	registry      string
	unreadable    bool // the registry
	lost          int  // probes to lose
}

func newWorld(names ...string) *world {
	w := &world{clusters: map[string]*fake{}, changed: make(chan struct{}), start: time.Now()}
	for _, n := range names {
		w.clusters[n] = &fake{key: "k", version: "v1", identity: "uid-" + n, endpoint: "https://" + n}
	}
	return w
}

// change changes a cluster, and its configuration if the key is changed.
func (w *world) change(name string, f func(*fake)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.clusters[name]
	before := c.key
	f(c)
	if c.key != before {
		close(w.changed)
		w.changed = make(chan struct{})
	}
}

func (w *world) Key(req cluster.Request) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clusters[req.Connection.Kubernetes.Context].key
}

func (w *world) Changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.changed
}

func (w *world) Open(req cluster.Request) Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opened++
	return &fakeConn{world: w, name: req.Connection.Kubernetes.Context}
}

// fakeConn asks for credentials once, as a kube.Resolver does.
type fakeConn struct {
	world *world
	name  string
	asked bool
	lacks bool
}

func (c *fakeConn) Close() {}

func (c *fakeConn) Resolve(ctx context.Context, _ cluster.Request) (cluster.Observation, error) {
	return c.ask(ctx, "resolve", true)
}

func (c *fakeConn) Probe(ctx context.Context, _ cluster.Request) (cluster.Observation, error) {
	return c.ask(ctx, "probe", false)
}

func (c *fakeConn) ask(ctx context.Context, what string, whole bool) (cluster.Observation, error) {
	c.world.mu.Lock()
	defer c.world.mu.Unlock()
	f := c.world.clusters[c.name]
	c.world.asked = append(c.world.asked, fmt.Sprintf("%s %s", time.Since(c.world.start).Round(time.Second), what))
	if !c.asked {
		c.asked, c.lacks = true, f.noCredentials
		f.issued++
	}
	obs := cluster.Observation{Unauthorized: f.unauthorized, NoCredentials: c.lacks, Status: cluster.ClusterStatus{Endpoint: f.endpoint, Error: f.down}}
	if c.lacks {
		obs.Status.Error = "the plugin failed"
	}
	if f.unauthorized {
		obs.Status.Error = "401"
	}
	if f.lost > 0 {
		f.lost--
		obs.Status.Error = "lost"
	}
	if f.hangs {
		c.world.mu.Unlock()
		<-ctx.Done()
		c.world.mu.Lock()
		obs.Status.Error = "no answer"
	}
	if obs.Status.Error != "" {
		return obs, nil
	}
	now := metav1.NowMicro()
	obs.Status.ConnectedAt, obs.Status.Version, obs.Status.Identity = &now, f.version, f.identity
	if whole {
		obs.Status.Arch = "amd64"
		if f.expires > 0 {
			obs.Expires = time.Now().Add(f.expires)
		}
		if f.unreadable {
			obs.Status.RegistrySource, obs.Status.RegistryReason = cluster.SourceUnknown, cluster.ReasonUnreadable+"503"
		} else if f.registry != "" {
			obs.Status.Registry, obs.Status.RegistrySource = &cluster.RegistryHosting{Host: f.registry}, cluster.SourceConfigMap
		}
	}
	return obs, nil
}

// connections is how many connections were opened.
func (w *world) connections() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.opened
}

func declarations(names ...string) []cluster.Declaration {
	var all []cluster.Declaration
	for _, n := range names {
		all = append(all, cluster.Declaration{Name: n, Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{
			Kubernetes: &cluster.KubernetesClusterConnection{Context: n}}}})
	}
	return all
}

// follow runs a watcher of the clusters in a bubble of synctest, and collects the
// events with the second that they came in.
func follow(t *testing.T, world *world, names ...string) (w *Watcher, events func() []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w = New(Options{Source: world})
	w.Set(declarations(names...))
	var all []string
	var mu sync.Mutex
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	running.Go(func() {
		for e := range w.Events(ctx) {
			mu.Lock()
			all = append(all, fmt.Sprintf("%.0f %s %s %s %s", time.Since(world.start).Seconds(), e.Type, e.Reason, e.Object.Name, e.Object.Status.Error))
			mu.Unlock()
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return w, func() []string {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		out := all
		all = nil
		for i := range out {
			out[i] = strings.TrimSpace(out[i])
		}
		return out
	}
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// expectOne wants one event of what happened, at any second.
func expectOne(t *testing.T, what string, got []string, want string) {
	t.Helper()
	if len(got) != 1 || !strings.HasSuffix(got[0], want) {
		t.Errorf("%s: events %q, want one that ends with %q", what, got, want)
	}
}

var sorted = cmpopts.SortSlices(strings.Compare)

// second is the second of an event.
func second(t *testing.T, event string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(event, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSteady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a", "b")
		_, events := follow(t, world, "a", "b")
		got := events()
		if len(got) != 2 || !strings.HasPrefix(got[0], "0 ADDED Connected ") {
			t.Errorf("%q", got)
		}
		time.Sleep(4 * time.Minute)
		expect(t, events())
		world.mu.Lock()
		defer world.mu.Unlock()
		if n := len(world.asked); n < 2*14 || n > 2*20 {
			t.Errorf("%d questions in 4 minutes, want one in 15 s for each of two", n)
		}
		for _, q := range world.asked[2:] {
			if !strings.HasSuffix(q, "probe") {
				t.Errorf("%s, want cheap probes", q)
			}
		}
		if world.opened != 2 {
			t.Errorf("%d connections", world.opened)
		}
	})
}

// An outage is shown within 45 s, whether the cluster refuses or hangs, and
// however late it is noticed first; what was known of it stays.
func TestOutage(t *testing.T) {
	for name, fail := range map[string]func(*fake){
		"refused": func(f *fake) { f.down = "refused" },
		"hanging": func(f *fake) { f.hangs = true },
	} {
		for range 20 { // the jitter differs
			synctest.Test(t, func(t *testing.T) {
				world := newWorld("a")
				w, events := follow(t, world, "a")
				events()
				time.Sleep(100 * time.Second)
				world.change("a", fail)
				began := int(time.Since(world.start).Seconds())
				time.Sleep(45 * time.Second)
				got := events()
				if len(got) != 1 || !strings.Contains(got[0], " MODIFIED Disconnected a ") {
					t.Fatalf("%s: %q", name, got)
				}
				if after := second(t, got[0]) - began; after > 45 || after < 6 {
					t.Errorf("%s: shown after %d s", name, after)
				}
				s := w.List().Items[0].Status
				if s.Arch != "amd64" || s.ConnectedAt == nil || s.Connected() {
					t.Errorf("%+v", s)
				}
				time.Sleep(10 * time.Minute)
				expect(t, events()) // nothing more to say
				world.change("a", func(f *fake) { f.down, f.hangs = "", false })
				time.Sleep(40 * time.Second)
				if got := events(); len(got) != 1 || !strings.Contains(got[0], " MODIFIED Connected a") {
					t.Errorf("%s: %q", name, got)
				}
			})
		}
	}
}

// A single lost probe, or two, are no outage.
func TestLostProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a")
		_, events := follow(t, world, "a")
		events()
		for lost := range 200 {
			world.change("a", func(f *fake) { f.lost = 1 + lost%2 })
			time.Sleep(time.Minute)
		}
		expect(t, events())
	})
}

// Backoff: a cluster that is down is not asked all the time.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a")
		world.clusters["a"].down = "refused"
		_, events := follow(t, world, "a")
		expect(t, events(), "0 ADDED Disconnected a refused")
		time.Sleep(10 * time.Minute)
		world.mu.Lock()
		defer world.mu.Unlock()
		if n := len(world.asked); n < 20 || n > 27 {
			t.Errorf("%d questions in 10 minutes, want one in 30 s", n)
		}
	})
}

func TestChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a")
		w, events := follow(t, world, "a")
		expect(t, events(), "0 ADDED Connected a")

		world.change("a", func(f *fake) { f.version = "v2" }) // an upgrade is seen by the probe
		time.Sleep(17 * time.Second)
		expectOne(t, "version", events(), " MODIFIED FactsChanged a")
		world.change("a", func(f *fake) { f.identity = "uid-other" }) // made again at the same address
		time.Sleep(17 * time.Second)
		expectOne(t, "identity", events(), " MODIFIED Replaced a")
		world.change("a", func(f *fake) { f.registry = "localhost:5000" }) // no probe sees that
		time.Sleep(6 * time.Minute)
		expectOne(t, "registry", events(), " MODIFIED FactsChanged a")
		world.change("a", func(f *fake) { f.registry = "localhost:6000" })
		w.Invalidate("a") // who knows better need not wait
		expectOne(t, "invalidated", events(), " MODIFIED FactsChanged a")
		world.change("a", func(f *fake) { f.key, f.version = "k2", "v3" }) // so it is with its configuration
		expectOne(t, "configuration", events(), " MODIFIED FactsChanged a")
		world.change("a", func(f *fake) { f.key, f.endpoint, f.down = "", "", "context not found" })
		expectOne(t, "context removed", events(), " MODIFIED Disconnected a context not found")
	})
}

// A fact that could not be read is asked for again at the next probe: it is not
// unknown for as long as a refresh takes.
func TestFactsComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a")
		world.clusters["a"].unreadable, world.clusters["a"].registry = true, "localhost:5000"
		w, events := follow(t, world, "a")
		expect(t, events(), "0 ADDED Connected a")
		time.Sleep(4 * time.Minute)
		expect(t, events())
		world.mu.Lock()
		if n := len(world.asked); n < 14 || n > 20 {
			t.Errorf("%d questions in 4 minutes, want one in 15 s", n)
		}
		world.mu.Unlock()
		world.change("a", func(f *fake) { f.unreadable = false })
		time.Sleep(17 * time.Second)
		expectOne(t, "facts read again", events(), " MODIFIED FactsChanged a")
		if r := w.List().Items[0].Status.Registry; r == nil || r.Host != "localhost:5000" {
			t.Errorf("registry %+v", r)
		}
	})
}

// New credentials are obtained when those before expire, and once if they are not
// accepted.
func TestCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a")
		world.clusters["a"].expires = 100 * time.Second
		_, events := follow(t, world, "a")
		time.Sleep(350 * time.Second)
		expect(t, events(), "0 ADDED Connected a")
		world.mu.Lock()
		if world.opened != 4 {
			t.Errorf("opened %d times in 350 s, with credentials for 100 s: %s", world.opened, strings.Join(world.asked, ", "))
		}
		world.clusters["a"].expires = 0
		world.mu.Unlock()
		time.Sleep(time.Minute)
		world.mu.Lock()
		before := world.opened
		world.clusters["a"].unauthorized = true
		world.mu.Unlock()
		time.Sleep(10 * time.Minute)
		expectOne(t, "an endless 401", events(), " MODIFIED Disconnected a 401")
		world.mu.Lock()
		defer world.mu.Unlock()
		if n := world.opened - before; n < 2 || n > 3 {
			t.Errorf("credentials were obtained %d times in 10 minutes of an endless 401, want once and then every 5 minutes", n)
		}
	})
}

// A user who logs in again, or a plugin that works again, is noticed without help.
func TestCredentialsComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a")
		world.clusters["a"].expires = 100 * time.Second
		_, events := follow(t, world, "a")
		events()
		time.Sleep(90 * time.Second)
		world.change("a", func(f *fake) { f.noCredentials = true }) // such as without a network
		time.Sleep(10 * time.Minute)
		expectOne(t, "a plugin that fails", events(), " MODIFIED Disconnected a the plugin failed")
		world.mu.Lock()
		if n := world.clusters["a"].issued; n > 30 {
			t.Errorf("the plugin ran %d times in 11 minutes", n)
		}
		world.mu.Unlock()
		world.change("a", func(f *fake) { f.noCredentials, f.expires = false, 0 })
		time.Sleep(35 * time.Second)
		expectOne(t, "a plugin that works again", events(), " MODIFIED Connected a")

		world.change("a", func(f *fake) { f.unauthorized = true })
		time.Sleep(7 * time.Minute)
		expectOne(t, "401", events(), " MODIFIED Disconnected a 401")
		world.mu.Lock()
		before := world.clusters["a"].issued
		world.mu.Unlock()
		time.Sleep(6 * time.Minute)
		world.mu.Lock()
		if n := world.clusters["a"].issued - before; n < 1 || n > 2 {
			t.Errorf("other credentials were asked for %d times in 6 minutes of 401, want once every 5", n)
		}
		world.mu.Unlock()
	})
}

// A cluster that is declared with another connection is changed, and not deleted, in
// whatever order that is observed.
func TestRedeclared(t *testing.T) {
	for _, read := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			world := newWorld("a", "b", "c")
			w, events := follow(t, world, "a")
			expect(t, events(), "0 ADDED Connected a")
			for _, context := range []string{"b", "c"} {
				moved := declarations(context)
				moved[0].Name = "a"
				if read { // the script reads its status before the declarations are set
					if _, err := w.Resolve(t.Context(), moved[0].Request()); err != nil {
						t.Fatal(err)
					}
				}
				w.Set(moved)
				expect(t, events(), "0 MODIFIED Declared a")
				if s := w.List().Items[0].Status; s.Identity != "uid-"+context {
					t.Errorf("identity %s, want that of %s", s.Identity, context)
				}
			}
			world.change("b", func(f *fake) { f.hangs = true })
			moved := declarations("b")
			moved[0].Name = "a"
			w.Set(moved)
			expect(t, events())
			w.Set(nil) // before the first answer
			expect(t, events(), "0 DELETED Removed a")
			w.Set(declarations("a"))
			expect(t, events(), "0 ADDED Connected a")
		})
	}
}

// An answer that comes after the cluster was removed changes nothing.
func TestLateAnswer(t *testing.T) {
	w := New(Options{Source: newWorld("a")})
	w.Set(declarations("a"))
	e := w.entries[0]
	up := cluster.Observation{Status: cluster.ClusterStatus{ConnectedAt: &metav1.MicroTime{Time: time.Now()}}}
	w.publish(e, up, cluster.MergePolicy{})
	if event, _ := w.next(); event == nil || event.Type != Added {
		t.Fatalf("%+v", event)
	}
	w.Set(nil)
	if event, _ := w.next(); event == nil || event.Type != Deleted {
		t.Fatalf("%+v", event)
	}
	up.Status.Version = "v2"
	w.publish(e, up, cluster.MergePolicy{})
	if event, _ := w.next(); event != nil {
		t.Errorf("%s %s after it was deleted", event.Type, event.Object.Name)
	}
}

// A cluster whose status somebody waits for is watched again if a Set without it
// comes in between.
func TestResolveAcrossSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a", "b")
		world.clusters["b"].hangs = true
		w, _ := follow(t, world, "a")
		var version string
		var waiting sync.WaitGroup
		waiting.Go(func() {
			obs, err := w.Resolve(t.Context(), declarations("b")[0].Request())
			if err != nil {
				t.Error(err)
			}
			version = obs.Status.Version
		})
		synctest.Wait()
		world.change("b", func(f *fake) { f.hangs = false })
		w.Set(declarations("a"))
		waiting.Wait()
		if version != "v1" {
			t.Errorf("version %q", version)
		}
		w.Set(declarations("a"))
	})
}

func TestSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a", "b", "c")
		w, events := follow(t, world, "a", "b")
		events()
		opened := world.connections()
		changed := declarations("b", "c")
		changed[0].Spec.DefaultRegistry = &cluster.RegistryHosting{Host: "gcr.io/team"}
		w.Set(changed)
		got := events()
		if diff := cmp.Diff([]string{"0 ADDED Connected c", "0 DELETED Removed a", "0 MODIFIED Declared b"}, got, sorted); diff != "" {
			t.Error(diff)
		}
		if world.connections() != opened+1 {
			t.Errorf("%d connections were opened, want one for the new cluster", world.connections()-opened)
		}
		var names []string
		for _, c := range w.List().Items {
			names = append(names, c.Name)
		}
		if diff := cmp.Diff([]string{"b", "c"}, names); diff != "" {
			t.Error(diff)
		}
		// A script that runs on what is watched gets that, and adds what is not.
		obs, err := w.Resolve(t.Context(), declarations("a")[0].Request())
		if err != nil || obs.Status.Version != "v1" {
			t.Errorf("%+v, %v", obs, err)
		}
		time.Sleep(time.Minute)
	})
}

// A reader that is slow gets the last state of each cluster.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := newWorld("a")
		w := New(Options{Source: world})
		w.Set(declarations("a"))
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { w.Run(ctx) })
		for i := range 100 {
			synctest.Wait()
			world.change("a", func(f *fake) { f.version = fmt.Sprint("v", i) })
			w.Invalidate("a")
		}
		synctest.Wait()
		for e := range w.Events(ctx) {
			if e.Type != Added || e.Object.Status.Version != "v99" {
				t.Errorf("%s %s", e.Type, e.Object.Status.Version)
			}
			break
		}
		if event, _ := w.next(); event != nil {
			t.Errorf("and %+v", event)
		}
		cancel()
		running.Wait()
	})
}
