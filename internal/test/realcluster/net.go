package realcluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// Ports that no system gives out by itself: between the time when one is found and
// that when its server listens, and while that server is restarted, no connection of
// another program gets it.
const firstPort, lastPort = 12_000, 32_000

// freePort is a port of loopback that nobody listens on now.
func freePort() (int, error) {
	var last error
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(lastPort-firstPort)))
		if err != nil {
			last = err
			continue
		}
		defer l.Close()
		return l.Addr().(*net.TCPAddr).Port, nil
	}
	return 0, fmt.Errorf("find a free port: %w", last)
}

// FreeAddr returns an address of loopback that nobody listens on now, for a server
// that a test starts itself.
func FreeAddr(t testing.TB) string {
	t.Helper()
	addr, err := freeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// freeAddr is 127.0.0.1 with a free port.
func freeAddr() (string, error) {
	port, err := freePort()
	return fmt.Sprintf("127.0.0.1:%d", port), err
}

// httpsClient trusts the CA and shows the certificate of pair.
func httpsClient(set *certs.Set, pair certs.Pair) (*http.Client, error) {
	cert, err := pair.TLS()
	if err != nil {
		return nil, err
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: set.CA.Pool(), Certificates: []tls.Certificate{cert}},
		DisableKeepAlives: true,
	}}, nil
}

// socketClient speaks HTTP on a unix socket, whatever the host in the URL.
func socketClient(socket string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}}
}

// probeHTTP has a server answer when a GET of url returns 200.
func probeHTTP(client *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := httpGet(ctx, client, url)
		return err
	}
}

func httpGet(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %s: %s", url, resp.Status)
	}
	return body, nil
}
