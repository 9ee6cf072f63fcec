package cluster

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestShare(t *testing.T) {
	var asked []Request
	share := Share(resolverFunc(func(req Request) (Observation, error) {
		asked = append(asked, req)
		if k := req.Connection.Kubernetes; k != nil {
			return observed(k.Context), nil
		}
		return Observation{Status: ClusterStatus{Version: req.Connection.Docker.Host}}, nil
	}))
	for _, tt := range []struct {
		req                Request
		context, namespace string
	}{
		{Request{Name: "one", Connection: kubernetesConnection("a", "web")}, "a", "web"},
		{Request{Name: "two", Connection: kubernetesConnection("a", "api")}, "a", "api"},
		{Request{Name: "three", Connection: kubernetesConnection("a", "")}, "a", "default"},
		{Request{Name: "four", Connection: kubernetesConnection("b", "web")}, "b", "web"},
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
	again, err := share.Resolve(t.Context(), Request{Name: "five", Connection: kubernetesConnection("a", "")})
	if diff := cmp.Diff(observed("a"), again); diff != "" || err != nil {
		t.Error(diff, err)
	}
	want := []Request{
		{Name: "one", Connection: kubernetesConnection("a", "")},
		{Name: "four", Connection: kubernetesConnection("b", "")},
		{Name: "d", Connection: dockerConnection("")},
		{Name: "d", Connection: dockerConnection("tcp://a")},
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestShareAtTheSameTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGated()
		futures := NewFutures(t.Context(), Share(g))
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
	share := Share(g)
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
	}))
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
	futures := NewFutures(t.Context(), Share(resolverFunc(func(Request) (Observation, error) { panic("boom") })))
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
				}))
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
