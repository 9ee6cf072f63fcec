package faults

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAnswersThatDoNotEnd(t *testing.T) {
	const limit = 1 << 20
	asked := func(s *Server, _ *client) bool { return s.Requests() > 0 }
	tests := []struct {
		name     string
		answer   http.Handler
		hangs    func(*Server, *client) bool // nil: it ends by itself
		wantErr  error                       // nil: the limit was reached
		wantBody bool
	}{
		{"no answer", NoAnswer(), asked, context.DeadlineExceeded, false},
		{"drip", Drip(10 * time.Millisecond), func(_ *Server, c *client) bool { return c.begun.Load() }, context.DeadlineExceeded, true},
		{"endless", Endless(), nil, nil, true},
		{"short", Short(), nil, io.ErrUnexpectedEOF, true},
		{"slow", Slow(time.Hour, sound), asked, context.DeadlineExceeded, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, c := Serve(t, tt.answer), newClient(t)
			ctx := t.Context()
			if tt.hangs != nil {
				ctx = Expiring(t, func() bool { return tt.hangs(s, c) })
			}
			_, body, err := c.getIn(ctx, s.URL, limit)
			if !errors.Is(err, tt.wantErr) {
				t.Errorf("got error %v, want %v", err, tt.wantErr)
			}
			if tt.wantErr == nil && len(body) != limit {
				t.Errorf("read %d bytes, want the limit of %d", len(body), limit)
			}
			if (body != "") != tt.wantBody {
				t.Errorf("read %d bytes, want some: %t", len(body), tt.wantBody)
			}
		})
	}
}

func TestCut(t *testing.T) {
	if resp, _, err := newClient(t).get(Serve(t, Cut()).URL, 1<<10); err == nil {
		t.Fatalf("got status %d, want an error", resp.StatusCode)
	}
}

func TestStatus(t *testing.T) {
	for _, code := range []int{401, 403, 404, 429, 500, 503} {
		resp, body, err := newClient(t).get(Serve(t, Status(code)).URL, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		var status struct {
			Kind, Reason string
			Code         int
		}
		if err := json.Unmarshal([]byte(body), &status); err != nil {
			t.Fatalf("status %d: %v in %q", code, err, body)
		}
		if resp.StatusCode != code || status.Kind != "Status" || status.Reason == "" || status.Code != code {
			t.Errorf("status %d: got %d and %+v", code, resp.StatusCode, status)
		}
	}
}

func TestHeaders(t *testing.T) {
	tests := []struct {
		name        string
		answer      http.Handler
		code        int
		header      string
		value, body string
	}{
		{"too many", TooMany(7), 429, "Retry-After", "7", "TooManyRequests"},
		{"page", HTML(), 200, "Content-Type", "text/html; charset=utf-8", "<!DOCTYPE html>"},
		{"redirect", Redirect("https://elsewhere.test:6443"), 302, "Location", "https://elsewhere.test:6443/version?timeout=1s", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			resp, body, err := newClient(t).get(Serve(t, tt.answer).URL+"/version?timeout=1s", 1<<10)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != tt.code || resp.Header.Get(tt.header) != tt.value || !strings.Contains(body, tt.body) {
				t.Errorf("got %d, %v, %q", resp.StatusCode, resp.Header, body)
			}
		})
	}
}

func TestOnlyAndFirst(t *testing.T) {
	s, c := Serve(t, Only("/version", First(1, Status(503), sound), sound)), newClient(t)
	for i, step := range []struct {
		path string
		code int
	}{{"/api/v1/nodes", 200}, {"/version", 503}, {"/version", 200}} {
		resp, _, err := c.get(s.URL+step.path, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode != step.code {
			t.Errorf("request %d, %s: got %d, want %d", i, step.path, resp.StatusCode, step.code)
		}
	}
}
