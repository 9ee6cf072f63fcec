package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/cluster"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// One fault has one wording, whatever net/http and the operating system put
// around it.
func TestExplain(t *testing.T) {
	day := func(year int) time.Time { return time.Date(year, 1, 2, 0, 0, 0, 0, time.UTC) }
	many := &x509.Certificate{IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)}}
	for i := range 8 {
		many.DNSNames = append(many.DNSNames, fmt.Sprintf("n%d", i))
	}
	dial := func(err error) error {
		return &url.Error{Op: "Get", URL: "https://token@host", Err: &net.OpError{Op: "dial", Net: "tcp", Err: err}}
	}
	for _, tc := range []struct {
		err  error
		kind Kind
		want string
	}{
		{dial(os.NewSyscallError("connect", refusal)), Refused, "connection refused"},
		{os.NewSyscallError("read", resetting), Closed, "the connection was closed by the other side"},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), Closed, "the connection was closed by the other side"},
		{Broken(errors.New("http2: whatever")), Closed, "the connection was closed by the other side"},
		{fmt.Errorf("wrapped: %w", Broken(io.EOF)), Closed, "the connection was closed by the other side"},
		{dial(context.DeadlineExceeded), NoAnswer, "no answer before the deadline"},
		{os.ErrDeadlineExceeded, NoAnswer, "no answer before the deadline"},
		{context.Canceled, Interrupted, "interrupted"},
		{dial(&net.DNSError{Err: "whatever", IsNotFound: true}), NoHost, "no such host"},
		{dial(&net.DNSError{Err: "server misbehaving"}), NoHost, "server misbehaving"},
		{x509.HostnameError{Certificate: many, Host: "h"}, WrongName, "the certificate is valid for n0, n1, n2, n3, n4, n5 and 3 more, not h"},
		{x509.HostnameError{Certificate: new(x509.Certificate), Host: "h"}, WrongName, "the certificate is valid for no name, not h"},
		{x509.CertificateInvalidError{Cert: &x509.Certificate{NotAfter: day(2020)}, Reason: x509.Expired}, WrongTime, "the certificate expired on 2020-01-02"},
		{x509.CertificateInvalidError{Cert: &x509.Certificate{NotBefore: day(3000)}, Reason: x509.Expired}, WrongTime, "the certificate is not valid before 3000-01-02"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, UnknownAuthority, "the certificate is signed by an unknown authority"},
		{tls.RecordHeaderError{Msg: "HTTP/1.0 400"}, NotTLS, "the answer is not TLS"},
		{http.ErrSchemeMismatch, NotTLS, "the answer is not TLS"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: expired certificate")}, Rejected, "the TLS handshake was rejected: expired certificate"},
		{errors.New(`malformed HTTP response "\x15\x03\x01"`), WantsTLS, "the server wants TLS"},
		{errors.New(`malformed HTTP status code "token"`), NotHTTP, "the answer is not HTTP"},
		{errors.New(`http: message cannot contain multiple Content-Length headers; got ["token" "1"]`), NotHTTP, "the answer is not HTTP"},
		{errors.New(`too many transfer encodings: ["token" "chunked"]`), NotHTTP, "the answer is not HTTP"},
		{errors.New(`net/http: server response headers exceeded 10485760 bytes; aborted`), NotHTTP, "the answer is not HTTP"},
		{fmt.Errorf("read: %w", ErrTooLarge), TooLarge, "the answer is larger than 16 MiB"},
		{&url.Error{Op: "Get", URL: "x", Err: &ProxyError{407}}, Other, "the proxy answered 407 Proxy Authentication Required"},
		{dial(errors.New("no route to host")), Other, "no route to host"},
	} {
		got := Explain(tc.err)
		if got.Kind != tc.kind || got.Error() != tc.want {
			t.Errorf("%v: kind %d %q, want %d %q", tc.err, got.Kind, got, tc.kind, tc.want)
		}
		if known := (*Fault)(nil); !errors.As(tc.err, &known) && !errors.Is(got, tc.err) {
			t.Errorf("%v: the cause is lost", tc.err)
		}
		again := got.Attempts(2).Error()
		if counted := tc.kind == Refused || tc.kind == Closed; counted != strings.HasSuffix(again, " (2 attempts)") {
			t.Errorf("%v: two attempts read %q", tc.err, again)
		}
		if got.Attempts(1) != got {
			t.Errorf("%v: one attempt is counted", tc.err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	for _, tc := range []struct {
		code     int
		after    string
		min, max time.Duration
	}{
		{429, "", time.Second, time.Second},
		{429, "0", 100 * time.Millisecond, 100 * time.Millisecond},
		{429, "30", 30 * time.Second, 30 * time.Second},
		{429, "nonsense", time.Second, time.Second},
		{429, "-5", time.Second, time.Second},
		{503, "", 0, 0},
		{503, "2", 2 * time.Second, 2 * time.Second},
		{503, time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), 59 * time.Minute, time.Hour},
		{503, time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 100 * time.Millisecond, 100 * time.Millisecond},
		{500, "2", 0, 0},
		{200, "2", 0, 0},
	} {
		got := RetryAfter(&http.Response{StatusCode: tc.code, Header: http.Header{"Retry-After": {tc.after}}})
		if got < tc.min || got > tc.max {
			t.Errorf("%d %q: %s, want %s to %s", tc.code, tc.after, got, tc.min, tc.max)
		}
	}
}

func TestPause(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	if Pause(ctx, 2*time.Hour) {
		t.Error("a pause beyond the deadline was over")
	}
	if !Pause(ctx, time.Millisecond) {
		t.Error("a pause was not over")
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if Pause(cancelled, time.Hour) {
		t.Error("a cancelled pause was over")
	}
}

// hanging is a body whose Read returns only when it is closed.
type hanging struct{ closed chan struct{} }

func (h hanging) Read([]byte) (int, error) { <-h.closed; return 0, net.ErrClosed }
func (h hanging) Close() error {
	select {
	case <-h.closed:
	default:
		close(h.closed)
	}
	return nil
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestBound(t *testing.T) {
	t.Run("ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		resp := &http.Response{StatusCode: 200, Body: hanging{make(chan struct{})}}
		Bound(ctx, resp)
		why := errors.New("why")
		go cancel(why)
		if _, err := io.ReadAll(resp.Body); !errors.Is(err, why) {
			t.Errorf("got %v, want the context's cause", err)
		}
		resp.Body.Close()
	})
	t.Run("is limited", func(t *testing.T) {
		resp := &http.Response{StatusCode: 200, Body: io.NopCloser(endless{})}
		Bound(t.Context(), resp)
		n, err := io.Copy(io.Discard, resp.Body)
		if !errors.Is(err, ErrTooLarge) || n > MaxAnswer {
			t.Errorf("%d bytes, %v", n, err)
		}
		resp.Body.Close()
	})
	t.Run("may be as large as the limit", func(t *testing.T) {
		resp := &http.Response{StatusCode: 200, Body: io.NopCloser(io.LimitReader(endless{}, MaxAnswer))}
		Bound(t.Context(), resp)
		if n, err := io.Copy(io.Discard, resp.Body); n != MaxAnswer || err != nil {
			t.Errorf("%d bytes, %v", n, err)
		}
		resp.Body.Close()
	})
	t.Run("is empty for 101", func(t *testing.T) {
		inner := hanging{make(chan struct{})}
		resp := &http.Response{StatusCode: 101, Body: inner}
		Bound(t.Context(), resp)
		if data, err := io.ReadAll(resp.Body); len(data) > 0 || err != nil {
			t.Errorf("%q, %v", data, err)
		}
		<-inner.closed
	})
}

// A trace whose context is done keeps its phase: what happens then is the ending
// of things.
func TestTraceIsFrozen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	trace := Trace{Until: ctx}
	trace.Start(&url.URL{Scheme: "http"})
	hooks := trace.Hooks()
	hooks.ConnectStart("tcp", "")
	if phase, _ := trace.Now(); phase != cluster.PhaseProxy {
		t.Errorf("phase %s before the proxy answered", phase)
	}
	trace.passedProxy()
	hooks.TLSHandshakeStart()
	cancel()
	hooks.TLSHandshakeDone(tls.ConnectionState{}, nil)
	trace.Start(nil)
	if phase, _ := trace.Now(); phase != cluster.PhaseTLS {
		t.Errorf("phase %s, want the one at the end of the context", phase)
	}
}
