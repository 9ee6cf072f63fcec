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
	"os"
	"strings"
	"time"
)

// Kind is a class of what can go wrong between two machines.
type Kind int

// The kinds, each with one wording whatever the cluster.
const (
	Other            Kind = iota
	Interrupted           // the run was cancelled
	NoAnswer              // the deadline passed
	NoHost                // the name could not be looked up
	Refused               // nothing listens there
	Closed                // the other side ended the connection
	WrongName             // the certificate is for other names
	WrongTime             // the certificate has expired, or is not valid yet
	UnknownAuthority      // the certificate's issuer is not trusted
	NotTLS                // the other side does not speak TLS
	WantsTLS              // the other side speaks TLS only
	Rejected              // the other side ended the TLS handshake with an alert
	NotHTTP               // the answer is not HTTP
	TooLarge              // the answer is larger than MaxAnswer
)

// Fault is an error of the network or of TLS in the words that a user reads. The
// words hold nothing that a server sent, but for the names and times in its
// certificate.
type Fault struct {
	Kind Kind
	text string
	err  error
}

// Error returns the cause without the phase and the endpoint.
func (f *Fault) Error() string { return f.text }

// Unwrap returns the error that was explained.
func (f *Fault) Unwrap() error { return f.err }

// Attempts returns f with the number of attempts in its message, if there was more
// than one and the fault is of a kind that is tried again.
func (f *Fault) Attempts(n int) *Fault {
	if n < 2 || f.Kind != Refused && f.Kind != Closed {
		return f
	}
	return &Fault{f.Kind, fmt.Sprintf("%s (%d attempts)", f.text, n), f.err}
}

// Reword returns err with another message.
func Reword(text string, err error) error { return &reworded{text, err} }

type reworded struct {
	text string
	err  error
}

func (r *reworded) Error() string { return r.text }
func (r *reworded) Unwrap() error { return r.err }

// Broken returns the fault of a connection that the other side ended, however
// net/http puts that in err.
func Broken(err error) *Fault {
	return &Fault{Closed, "the connection was closed by the other side", err}
}

// Explain returns what err means. An error without a meaning of its own keeps
// the innermost message, which leaves out what the phase and the endpoint repeat.
func Explain(err error) *Fault {
	if known := (*Fault)(nil); errors.As(err, &known) {
		return known
	}
	fault := func(kind Kind, format string, args ...any) *Fault {
		return &Fault{kind, fmt.Sprintf(format, args...), err}
	}
	if f := explainCertificate(err, fault); f != nil {
		return f
	}
	var dns *net.DNSError
	var op *net.OpError
	var proxy *ProxyError
	switch text := err.Error(); {
	case errors.Is(err, context.Canceled):
		return fault(Interrupted, "interrupted")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fault(NoAnswer, "no answer before the deadline")
	case errors.Is(err, ErrTooLarge):
		return fault(TooLarge, "%v", ErrTooLarge)
	case errors.As(err, &proxy):
		return fault(Other, "%v", proxy)
	case errors.As(err, &dns) && dns.IsNotFound:
		return fault(NoHost, "no such host")
	case dns != nil:
		return fault(NoHost, "%s", dns.Err)
	case errors.As(err, &op) && op.Op == "remote error":
		return fault(Rejected, "the TLS handshake was rejected: %s", strings.TrimPrefix(op.Err.Error(), "tls: "))
	case strings.Contains(text, `malformed HTTP response "\x15`), strings.Contains(text, "HTTP request to an HTTPS server"):
		return fault(WantsTLS, "the server wants TLS")
	case unreadable(text):
		return fault(NotHTTP, "the answer is not HTTP")
	case isRefused(err):
		return fault(Refused, "connection refused")
	case isClosed(err):
		return Broken(err)
	}
	return fault(Other, "%v", Innermost(err))
}

// explainCertificate is Explain for what TLS reports; nil for anything else.
func explainCertificate(err error, fault func(Kind, string, ...any) *Fault) *Fault {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	switch {
	case errors.As(err, &host):
		return fault(WrongName, "the certificate is valid for %s, not %s", names(host.Certificate), host.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fault(WrongTime, "the certificate %s", Validity(invalid.Cert))
	case errors.As(err, &authority):
		return fault(UnknownAuthority, "the certificate is signed by an unknown authority")
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return fault(NotTLS, "the answer is not TLS")
	}
	return nil
}

// unreadable reports whether net/http could not read an answer. Its own words
// for that quote the answer, and a server can send back what it was sent: a
// token.
func unreadable(text string) bool {
	for _, sign := range []string{
		"malformed", "unsupported transfer encoding", "too many transfer encodings", "bad Content-Length", "multiple Content-Length",
		"invalid header", "headers exceeded", "header list larger",
	} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

// isClosed reports whether a connection was there and broke.
func isClosed(err error) bool {
	if f := (*Fault)(nil); errors.As(err, &f) {
		return f.Kind == Closed
	}
	return isReset(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// Transient reports whether one more attempt may help.
func Transient(err error) bool { return isRefused(err) || isClosed(err) }

// Innermost returns the first cause of err, without what was put around it.
func Innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// shownNames is how many names of a certificate a message lists.
const shownNames = 6

func names(cert *x509.Certificate) string {
	all := append([]string(nil), cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	switch more := len(all) - shownNames; {
	case len(all) == 0:
		return "no name"
	case more > 0:
		return fmt.Sprintf("%s and %d more", strings.Join(all[:shownNames], ", "), more)
	}
	return strings.Join(all, ", ")
}

// Outdated reports whether a certificate is not valid now.
func Outdated(cert *x509.Certificate) bool {
	now := time.Now()
	return now.Before(cert.NotBefore) || now.After(cert.NotAfter)
}

// Validity describes when a certificate that is not valid now was, or will be.
func Validity(cert *x509.Certificate) string {
	if time.Now().Before(cert.NotBefore) {
		return "is not valid before " + cert.NotBefore.UTC().Format(time.DateOnly)
	}
	return "expired on " + cert.NotAfter.UTC().Format(time.DateOnly)
}
