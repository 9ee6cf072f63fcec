package faults

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// Server is a listener on loopback that lives as long as the test.
type Server struct {
	// Addr is host:port.
	Addr string
	// URL is https://Addr, or http://Addr without TLS.
	URL string

	connections atomic.Int64
	requests    atomic.Int64
}

// Connections is how many connections were accepted until now.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Requests is how many HTTP requests reached a handler until now.
func (s *Server) Requests() int { return int(s.requests.Load()) }

// Certificates are the ones that every fault of this process uses. A client
// that trusts CA gets through TLS, but for the faults about just that.
func Certificates(t testing.TB) *certs.Set {
	t.Helper()
	set, err := certs.Shared()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Serve answers over TLS with a good certificate, HTTP/1.1 and HTTP/2.
func Serve(t testing.TB, h http.Handler) *Server {
	t.Helper()
	return serve(t, h, serverConfig(t, Certificates(t).Server))
}

// Mutual is Serve for clients that show a certificate of the CA; any other one
// fails in the TLS handshake, as a Docker daemon with --tlsverify has it.
func Mutual(t testing.TB, h http.Handler) *Server {
	t.Helper()
	set := Certificates(t)
	config := serverConfig(t, set.Server)
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, set.CA.Pool()
	return serve(t, h, config)
}

// WrongName answers over TLS with a certificate made out to another name.
func WrongName(t testing.TB, h http.Handler) *Server {
	t.Helper()
	return serve(t, h, serverConfig(t, Certificates(t).WrongName))
}

// Expired answers over TLS with a certificate that expired in 2020.
func Expired(t testing.TB, h http.Handler) *Server {
	t.Helper()
	return serve(t, h, serverConfig(t, Certificates(t).ExpiredServer))
}

// WrongCA answers over TLS with a certificate of an authority that is not the CA.
func WrongCA(t testing.TB, h http.Handler) *Server {
	t.Helper()
	pair, err := Certificates(t).OtherCA.Issue(certs.Leaf{CommonName: "server", Hosts: []string{"127.0.0.1", "localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, h, serverConfig(t, pair))
}

// Plain answers in plain HTTP. Its URL says http; a client that is to meet
// plain HTTP if it speaks TLS is replaced by "https://" + Addr.
func Plain(t testing.TB, h http.Handler) *Server {
	t.Helper()
	return serve(t, h, nil)
}

func serverConfig(t testing.TB, pair certs.Pair) *tls.Config {
	t.Helper()
	cert, err := pair.TLS()
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}}
}

// serve runs h until the test ends, and then waits for every handler. A nil
// config is plain HTTP.
func serve(t testing.TB, h http.Handler, config *tls.Config) *Server {
	t.Helper()
	s, l := listen(t)
	serveOn(t, s, l, h, config)
	return s
}

// listen opens a port. The caller closes the listener.
func listen(t testing.TB) (*Server, net.Listener) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen on loopback: %v", err)
	}
	s := &Server{Addr: l.Addr().String()}
	s.URL = "https://" + s.Addr
	return s, countingListener{l, s}
}

func serveOn(t testing.TB, s *Server, l net.Listener, h http.Handler, config *tls.Config) {
	ctx, cancel := context.WithCancel(context.Background())
	// No connection starts once the loop has ended, and no handler once its
	// connection has: waiting in that order misses none.
	var loop, connections, handlers sync.WaitGroup
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			handlers.Add(1)
			defer handlers.Done()
			s.requests.Add(1)
			h.ServeHTTP(w, r)
		}),
		TLSConfig:         config,
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				connections.Done()
			}
		},
	}
	run := func() error { return srv.ServeTLS(l, "", "") }
	if config == nil {
		s.URL = "http://" + s.Addr
		run = func() error { return srv.Serve(l) }
	}
	loop.Go(func() {
		if err := run(); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve %s: %v", s.Addr, err)
		}
	})
	t.Cleanup(func() {
		cancel()
		srv.Close()
		loop.Wait()
		connections.Wait()
		handlers.Wait()
	})
}

// countingListener counts what it accepts.
type countingListener struct {
	net.Listener
	server *Server
}

func (l countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.server.connections.Add(1)
	}
	return conn, err
}
