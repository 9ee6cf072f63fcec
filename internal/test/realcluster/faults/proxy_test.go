package faults

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestProxies(t *testing.T) {
	tests := []struct {
		name  string
		start func(testing.TB) *Server
		hangs bool
		want  func(error) bool
	}{
		{"good", Proxy, false, func(err error) bool { return err == nil }},
		{"hanging", HangingProxy, true, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }},
		{"denying", DenyingProxy, false, func(err error) bool {
			return err != nil && strings.Contains(err.Error(), "Proxy Authentication Required")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			proxy, upstream, c := tt.start(t), Serve(t, sound), newClient(t)
			at, err := url.Parse(proxy.URL)
			if err != nil {
				t.Fatal(err)
			}
			c.transport.Proxy = http.ProxyURL(at)
			_, port, err := net.SplitHostPort(upstream.Addr)
			if err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			if tt.hangs {
				ctx = Expiring(t, func() bool { return proxy.Requests() > 0 })
			}
			_, _, err = c.getIn(ctx, "https://kubernetes.default.svc:"+port, 1<<10)
			if !tt.want(err) {
				t.Errorf("got %v", err)
			}
			if proxy.Requests() != 1 {
				t.Errorf("the proxy counted %d requests, want 1", proxy.Requests())
			}
		})
	}
}
