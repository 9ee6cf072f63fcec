package kube

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
)

type answerer func(*http.Request) (*http.Response, error)

func (f answerer) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// TestAnswerAfterTheDeadline: an answer that comes because the deadline ended the
// connection is none. Some servers end a request so, with 200 and nothing.
func TestAnswerAfterTheDeadline(t *testing.T) {
	ctx, end := context.WithCancelCause(t.Context())
	c := client{
		target: &target{server: &url.URL{Scheme: "https", Host: "h"}, config: &rest.Config{}},
		http: &http.Client{Transport: answerer(func(*http.Request) (*http.Response, error) {
			end(context.DeadlineExceeded)
			return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(""))}, nil
		})},
	}
	body, _, err := c.once(ctx, versionPath, acceptJSON)
	if none := new(noAnswerError); !errors.As(err, &none) || err.Error() != "no answer to GET /version before the deadline" {
		t.Errorf("got %q, %v", body, err)
	}
}
