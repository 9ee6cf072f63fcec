package faults

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
)

// Proxy tunnels each CONNECT to the port asked for on loopback, whatever name
// is asked for. Go's own proxy rules leave 127.0.0.1 out, so a test of
// HTTPS_PROXY needs a server by another name, such as kubernetes.default.svc,
// which is in the certificate of Serve.
func Proxy(t testing.TB) *Server {
	t.Helper()
	return Plain(t, http.HandlerFunc(tunnel))
}

// HangingProxy takes each CONNECT and never answers.
func HangingProxy(t testing.TB) *Server {
	t.Helper()
	return Plain(t, NoAnswer())
}

// DenyingProxy answers each CONNECT with 407, Proxy Authentication Required.
func DenyingProxy(t testing.TB) *Server {
	t.Helper()
	return Plain(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Proxy-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusProxyAuthRequired)
	}))
}

func tunnel(w http.ResponseWriter, r *http.Request) {
	_, port, err := net.SplitHostPort(r.Host)
	if r.Method != http.MethodConnect || err != nil {
		http.Error(w, "this proxy takes CONNECT host:port only", http.StatusMethodNotAllowed)
		return
	}
	ctx := r.Context()
	upstream, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer upstream.Close()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer client.Close()
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}

	var copies sync.WaitGroup
	closeBoth := func() { client.Close(); upstream.Close() }
	copies.Go(func() { defer closeBoth(); io.Copy(upstream, buffered) })
	copies.Go(func() { defer closeBoth(); io.Copy(client, upstream) })
	// After a hijack the context ends with the server alone.
	stop := context.AfterFunc(ctx, closeBoth)
	copies.Wait()
	stop()
}
