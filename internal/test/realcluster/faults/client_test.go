package faults

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// sound is a handler with nothing wrong.
var sound = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"gitVersion":"v1.36.3"}`) })

// client trusts the CA and follows no redirect.
type client struct {
	http.Client
	transport *http.Transport
	// begun is set when the first byte of a body was read.
	begun atomic.Bool
}

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

// get reads at most limit bytes of an answer. It waits for a minute.
func (c *client) get(url string, limit int64) (*http.Response, string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return c.getIn(ctx, url, limit)
}

func (c *client) getIn(ctx context.Context, url string, limit int64) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, "", err
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	var body strings.Builder
	_, err = io.CopyN(&body, resp.Body, min(limit, 1))
	c.begun.Store(err == nil)
	if err == nil {
		_, err = io.CopyN(&body, resp.Body, limit-1)
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("read the body: %w", err)
	} else {
		err = nil
	}
	return resp, body.String(), err
}
