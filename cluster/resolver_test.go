package cluster

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

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

func TestTimeout(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{3 * time.Second: 3 * time.Second, 0: DefaultTimeout, -1: DefaultTimeout} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			_, err := Timeout(newGated(), d).Resolve(t.Context(), Request{})
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != want {
				t.Errorf("Timeout(%s): %v after %s", d, err, time.Since(begin))
			}
		})
	}
}

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, most = 20, 3
		var running, peak atomic.Int32
		limited := Limit(resolverFunc(func(Request) (Observation, error) {
			now := running.Add(1)
			for old := peak.Load(); now > old && !peak.CompareAndSwap(old, now); old = peak.Load() {
			}
			time.Sleep(time.Second) // of the bubble
			running.Add(-1)
			return Observation{}, nil
		}), most)
		futures := NewFutures(t.Context(), limited)
		defer futures.Close()
		begin := time.Now()
		for range n {
			futures.Start(Request{})
		}
		for _, f := range futures.all {
			if _, err := f.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if peak.Load() != most {
			t.Errorf("%d at a time, want %d", peak.Load(), most)
		}
		if took := time.Since(begin); took != 7*time.Second { // 20 by 3, rounded up
			t.Errorf("took %s", took)
		}
	})
}

func TestLimitWaitEndsWithContext(t *testing.T) {
	g := newGated()
	limited := Limit(g, 1)
	futures := NewFutures(t.Context(), limited)
	defer futures.Close()
	futures.Start(Request{Name: "a"})
	<-g.asked
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := limited.Resolve(ctx, Request{Name: "b"}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if len(g.asked) != 0 {
		t.Error("b was asked for without a turn")
	}
}

func TestLimitDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGated()
		futures := NewFutures(t.Context(), Limit(g, 0))
		defer futures.Close()
		for range DefaultLimit + 10 {
			futures.Start(Request{})
		}
		synctest.Wait()
		if got := len(g.asked); got != DefaultLimit {
			t.Errorf("%d at a time, want %d", got, DefaultLimit)
		}
		close(g.released)
	})
}

func TestLimitOutsideTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := ResolverFunc(func(ctx context.Context, _ Request) (Observation, error) {
			select {
			case <-time.After(2 * time.Second):
				return Observation{}, nil
			case <-ctx.Done():
				return Observation{}, ctx.Err()
			}
		})
		futures := NewFutures(t.Context(), Limit(Timeout(slow, 3*time.Second), 1))
		defer futures.Close()
		for range 5 {
			futures.Start(Request{})
		}
		for _, f := range futures.all {
			if _, err := f.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestShare(t *testing.T) {
	var asked []Request
	share := Share(resolverFunc(func(req Request) (Observation, error) {
		asked = append(asked, req)
		if k := req.Connection.Kubernetes; k != nil {
			return observed(k.Context), nil
		}
		return Observation{Status: ClusterStatus{Version: req.Connection.Docker.Host}}, nil
	}), func(_ context.Context, req Request) Request {
		if k := req.Connection.Kubernetes; k != nil && k.Context == "" && k.SecretRef == nil && k.ClusterProfileRef == nil {
			req.Connection = kubernetesConnection("b", k.Namespace)
		}
		return req
	})
	for _, tt := range []struct {
		req                Request
		context, namespace string
	}{
		{Request{Name: "one", Connection: kubernetesConnection("a", "web")}, "a", "web"},
		{Request{Name: "two", Connection: kubernetesConnection("a", "api")}, "a", "api"},
		{Request{Name: "three", Connection: kubernetesConnection("a", "")}, "a", "default"},
		{Request{Name: "four", Connection: kubernetesConnection("b", "web")}, "b", "web"},
		{Request{Name: "current", Connection: kubernetesConnection("", "api")}, "b", "api"},
	} {
		obs, err := share.Resolve(t.Context(), tt.req)
		if err != nil {
			t.Fatal(err)
		}
		k := obs.Status.Connection.Kubernetes
		if k.Context != tt.context || k.Namespace != tt.namespace {
			t.Errorf("%s: %s/%s", tt.req.Name, k.Context, k.Namespace)
		}
		k.Product = "changed" // what one caller does is nothing to the next
	}
	for _, host := range []string{"", "tcp://a", ""} {
		obs, err := share.Resolve(t.Context(), Request{Name: "d", Connection: dockerConnection(host)})
		if err != nil || obs.Status.Version != host {
			t.Errorf("%q: %+v, %v", host, obs, err)
		}
	}
	hub := []Request{
		{Name: "h", Connection: ClusterConnection{Kubernetes: &KubernetesClusterConnection{SecretRef: &SecretReference{Name: "a", Key: "value"}}}},
		{Name: "h", Connection: ClusterConnection{Kubernetes: &KubernetesClusterConnection{SecretRef: &SecretReference{Name: "a", Key: "other"}}}},
		{Name: "h", Connection: ClusterConnection{Kubernetes: &KubernetesClusterConnection{ClusterProfileRef: &ClusterProfileReference{Name: "a"}}}},
		{Name: "h", Connection: ClusterConnection{Kubernetes: &KubernetesClusterConnection{ClusterProfileRef: &ClusterProfileReference{Name: "b"}}}},
	}
	for _, req := range append(hub, hub...) {
		if _, err := share.Resolve(t.Context(), req); err != nil {
			t.Error(err)
		}
	}
	again, err := share.Resolve(t.Context(), Request{Name: "five", Connection: kubernetesConnection("a", "")})
	if diff := cmp.Diff(observed("a"), again); diff != "" || err != nil {
		t.Error(diff, err)
	}
	want := append([]Request{
		{Name: "one", Connection: kubernetesConnection("a", "")},
		{Name: "four", Connection: kubernetesConnection("b", "")},
		{Name: "d", Connection: dockerConnection("")},
		{Name: "d", Connection: dockerConnection("tcp://a")},
	}, hub...)
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestShareAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGated()
		futures := NewFutures(t.Context(), Share(g, nil))
		defer futures.Close()
		for range 50 {
			futures.Start(Request{Name: "c", Connection: kubernetesConnection("a", "")})
		}
		synctest.Wait()
		if got := len(g.asked); got != 1 {
			t.Errorf("%d resolutions, want 1", got)
		}
		close(g.released)
		for _, f := range futures.all {
			if _, err := f.Wait(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestShareWaitEndsWithOwnContext(t *testing.T) {
	g := newGated()
	share := Share(g, nil)
	futures := NewFutures(t.Context(), share)
	defer futures.Close()
	first := futures.Start(Request{Name: "first", Connection: kubernetesConnection("a", "")})
	<-g.asked
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := share.Resolve(ctx, Request{Name: "second", Connection: kubernetesConnection("a", "")}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	close(g.released)
	if _, err := first.Wait(t.Context()); err != nil {
		t.Errorf("the first: %v", err)
	}
}

func TestShareErrors(t *testing.T) {
	var asked atomic.Int32
	broken := errors.New("broken")
	share := Share(resolverFunc(func(Request) (Observation, error) {
		asked.Add(1)
		return observed("a"), broken
	}), nil)
	for range 2 {
		obs, err := share.Resolve(t.Context(), Request{Name: "a", Connection: dockerConnection("")})
		if !errors.Is(err, broken) || obs.Status.Arch != "" {
			t.Errorf("%+v, %v", obs, err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
}

func TestSharePanicReachesEveryone(t *testing.T) {
	futures := NewFutures(t.Context(), Share(resolverFunc(func(Request) (Observation, error) { panic("boom") }), nil))
	defer futures.Close()
	for range 2 {
		if _, err := futures.Start(Request{Name: "a", Connection: dockerConnection("")}).Wait(t.Context()); err == nil {
			t.Error("no error")
		}
	}
}

// TestShareMakesAnAbandonedOneAgain: who asks first may go away before it is
// answered; that is no answer for the others, at the same time or later.
func TestShareMakesAnAbandonedOneAgain(t *testing.T) {
	for name, abandoned := range map[string]func(context.Context) (Observation, error){
		"an error": func(ctx context.Context) (Observation, error) { return Observation{}, context.Cause(ctx) },
		"a status": func(context.Context) (Observation, error) {
			return Observation{Status: ClusterStatus{Error: "stopped"}}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				share := Share(ResolverFunc(func(ctx context.Context, req Request) (Observation, error) {
					if asked++; asked > 1 {
						return observed("a"), nil
					}
					<-ctx.Done()
					return abandoned(ctx)
				}), nil)
				req := Request{Name: "c", Connection: kubernetesConnection("a", "")}
				first, cancel := context.WithCancel(t.Context())
				answers := make(chan error)
				resolve := func(ctx context.Context) {
					obs, err := share.Resolve(ctx, req)
					if err == nil && !obs.Status.Connected() {
						err = errors.New(obs.Status.Error)
					}
					answers <- err
				}
				go resolve(first)
				synctest.Wait()
				go resolve(t.Context())
				synctest.Wait()
				cancel()
				failed := 0
				for range 2 {
					if <-answers != nil {
						failed++
					}
				}
				go resolve(t.Context())
				if err := <-answers; err != nil || failed != 1 || asked != 2 {
					t.Errorf("%d failed of two, later %v; asked %d times", failed, err, asked)
				}
			})
		})
	}
}

func TestLog(t *testing.T) {
	connected := observed("kind-dev")
	connected.Status.Endpoint = "https://127.0.0.1:6443"
	tests := []struct {
		name       string
		connection ClusterConnection
		obs        Observation
		err        error
		want       string
	}{
		{"connected", kubernetesConnection("kind-dev", "web"), connected, nil, `
level=DEBUG msg=resolving run=7 cluster=dev kubernetes.context=kind-dev
level=DEBUG msg=connected run=7 cluster=dev elapsed=3s endpoint=https://127.0.0.1:6443 version=v1.36.3 arch=amd64
`},
		{"not connected", dockerConnection("ssh://ada:secret@host"), Observation{Status: ClusterStatus{Error: "no route"}}, nil, `
level=DEBUG msg=resolving run=7 cluster=dev docker=true
level=DEBUG msg="not connected" run=7 cluster=dev elapsed=3s error="no route"
`},
		{"cannot resolve", ClusterConnection{}, Observation{}, errors.New("not recorded"), `
level=DEBUG msg=resolving run=7 cluster=dev
level=DEBUG msg="cannot resolve" run=7 cluster=dev elapsed=3s error="not recorded"
`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log strings.Builder
				logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
					Level: slog.LevelDebug,
					ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
						if a.Key == slog.TimeKey {
							return slog.Attr{}
						}
						return a
					},
				})).With("run", 7)
				inner := ResolverFunc(func(context.Context, Request) (Observation, error) {
					time.Sleep(3 * time.Second) // of the bubble's clock
					return tt.obs, tt.err
				})
				obs, err := Log(inner, logger).Resolve(t.Context(), Request{Name: "dev", Connection: tt.connection})
				if !errors.Is(err, tt.err) {
					t.Errorf("error %v, want that of the inner resolver", err)
				}
				if diff := cmp.Diff(tt.obs, obs); diff != "" {
					t.Errorf("the observation changed (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(strings.TrimPrefix(tt.want, "\n"), log.String()); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestLogIsQuietAboveDebug(t *testing.T) {
	var log strings.Builder
	r := Log(ResolverFunc(func(context.Context, Request) (Observation, error) { return observed("a"), nil }),
		slog.New(slog.NewTextHandler(&log, nil)))
	if _, err := r.Resolve(t.Context(), Request{Name: "a"}); err != nil || log.Len() > 0 {
		t.Errorf("logged %q, error %v", log.String(), err)
	}
}
