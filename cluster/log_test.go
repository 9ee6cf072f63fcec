package cluster

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLog(t *testing.T) {
	connected := observed("kind-dev")
	connected.Annotations[AnnotationEndpoint] = "https://127.0.0.1:6443"
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
