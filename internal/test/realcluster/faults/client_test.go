package faults

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// sound is a handler with nothing wrong.
var sound = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"gitVersion":"v1.36.3"}`) })

// client trusts the CA, follows no redirect, and stops after patience.
type client struct {
	http.Client
	transport *http.Transport
}

const patience = 300 * time.Millisecond

func newClient(t *testing.T, shown ...certs.Pair) *client {
	t.Helper()
	config := &tls.Config{RootCAs: Certificates(t).CA.Pool()}
	for _, pair := range shown {
		cert, err := pair.TLS()
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = append(config.Certificates, cert)
	}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	c := &client{transport: transport}
	c.Client = http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// get reads at most limit bytes of an answer within a patience of its own.
func (c *client) get(url string, limit int64) (*http.Response, string, error) {
	return c.getWithin(patience, url, limit)
}

func (c *client) getWithin(d time.Duration, url string, limit int64) (*http.Response, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, limit))
	if err != nil {
		err = fmt.Errorf("read the body: %w", err)
	}
	return resp, string(body), err
}
