package faults

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

func TestServeIsSound(t *testing.T) {
	s := Serve(t, sound)
	resp, body, err := newClient(t).get(s.URL+"/version", 1<<10)
	if err != nil || resp.StatusCode != 200 || !strings.Contains(body, "v1.36.3") {
		t.Fatalf("got %v, %q, %v", resp, body, err)
	}
	if resp.ProtoMajor != 2 {
		t.Errorf("got %s, want HTTP/2", resp.Proto)
	}
	if s.Connections() != 1 || s.Requests() != 1 {
		t.Errorf("counted %d connections and %d requests, want one of each", s.Connections(), s.Requests())
	}
}

func TestConnectionFaults(t *testing.T) {
	tests := []struct {
		name  string
		start func(t *testing.T) *Server
		want  func(error) bool
	}{
		{"refused", func(t *testing.T) *Server { return Refused(t) }, is(syscall.ECONNREFUSED)},
		{"unanswered", func(t *testing.T) *Server { return Unanswered(t) }, is(context.DeadlineExceeded)},
		{"silent", func(t *testing.T) *Server { return Silent(t) }, is(context.DeadlineExceeded)},
		{"reset", func(t *testing.T) *Server { return Reset(t) }, is(syscall.ECONNRESET)},
		{"wrong name", func(t *testing.T) *Server { return WrongName(t, sound) }, as[x509.HostnameError]},
		{"wrong authority", func(t *testing.T) *Server { return WrongCA(t, sound) }, as[x509.UnknownAuthorityError]},
		{"expired", func(t *testing.T) *Server { return Expired(t, sound) }, func(err error) bool {
			var invalid x509.CertificateInvalidError
			return errors.As(err, &invalid) && invalid.Reason == x509.Expired
		}},
		{"plain HTTP", func(t *testing.T) *Server { return https(Plain(t, sound)) }, func(err error) bool {
			return strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.start(t)
			ctx := t.Context()
			if tt.want(context.DeadlineExceeded) {
				ctx = Expiring(t, func() bool { return tt.name == "unanswered" || s.Connections() > 0 })
			}
			resp, _, err := newClient(t).getIn(ctx, s.URL+"/version", 1<<10)
			if err == nil {
				t.Fatalf("got status %d, want an error", resp.StatusCode)
			}
			if !tt.want(err) {
				t.Fatalf("got another error: %v (%T)", err, err)
			}
		})
	}
}

func is(target error) func(error) bool {
	return func(err error) bool { return errors.Is(err, target) }
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// https is a server whose URL describes what a misled user wrote.
func https(s *Server) *Server {
	s.URL = "https://" + s.Addr
	return s
}

func TestResetFirst(t *testing.T) {
	s, c := ResetFirst(t, 2, sound), newClient(t)
	for i, wantError := range []bool{true, true, false, false} {
		_, _, err := c.get(s.URL, 1<<10)
		if (err != nil) != wantError {
			t.Errorf("request %d: got error %v, want one: %t", i, err, wantError)
		}
	}
	if s.Connections() != 3 || s.Requests() != 2 {
		t.Errorf("counted %d connections and %d requests, want 3 and 2", s.Connections(), s.Requests())
	}
}

func TestMutual(t *testing.T) {
	set := Certificates(t)
	tests := []struct {
		name  string
		shown []certs.Pair
		sound bool
	}{
		{"none", nil, false},
		{"good", []certs.Pair{set.Admin}, true},
		{"expired", []certs.Pair{set.ExpiredClient}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Mutual(t, sound)
			_, _, err := newClient(t, tt.shown...).get(s.URL, 1<<10)
			if (err == nil) != tt.sound {
				t.Errorf("got %v, want an answer: %t", err, tt.sound)
			}
			if (s.Requests() == 1) != tt.sound {
				t.Errorf("%d requests came through, want one: %t", s.Requests(), tt.sound)
			}
		})
	}
}
