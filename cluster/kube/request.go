package kube

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

const (
	// maxErrorBody is how many bytes are read of an answer that is not used.
	maxErrorBody = 64 << 10
	// minSecret is the length from which a string that equals a credential is no
	// accident.
	minSecret = 16
)

// statusError is an answer other than 200.
type statusError struct {
	code int
	path string
	// foreign is set if the answer is not the Status that an API server sends with the
	// code: it is from something before the server, and shows nothing of what is there.
	foreign bool
}

func (e *statusError) Error() string {
	text := fmt.Sprintf("the server answered %d %s to GET %s", e.code, http.StatusText(e.code), e.path)
	if e.foreign && (e.code == http.StatusNotFound || e.code == http.StatusForbidden) {
		text += ", and not as a Kubernetes API server does: a proxy may have"
	}
	return text
}

// status is the HTTP status in err, 0 for none.
func status(err error) int {
	var s *statusError
	if errors.As(err, &s) {
		return s.code
	}
	return 0
}

// ownStatus is the HTTP status in err if it is an API server's own, 0 otherwise.
func ownStatus(err error) int {
	var s *statusError
	if errors.As(err, &s) && !s.foreign {
		return s.code
	}
	return 0
}

// busyError is a server that asks for more patience than the deadline allows.
type busyError struct {
	statusError
	wait time.Duration
}

func (e *busyError) Error() string {
	if e.wait < time.Second {
		return e.statusError.Error() + " until the deadline"
	}
	return fmt.Sprintf("%s and asked for a pause of %s, longer than the deadline allows", e.statusError.Error(), e.wait.Round(time.Second))
}

func (e *busyError) Unwrap() error { return &e.statusError }

// noAnswerError is a request that got no answer.
type noAnswerError struct {
	path string
	err  error
}

func (e *noAnswerError) Error() string {
	if errors.Is(e.err, context.DeadlineExceeded) {
		return "no answer to GET " + e.path + " before the deadline"
	}
	return fmt.Sprintf("no answer to GET %s: %v", e.path, wire.Explain(e.err))
}

func (e *noAnswerError) Unwrap() error { return e.err }

// shortError is a body that ended, or came to nothing, before its end.
type shortError struct {
	path string
	read int
	err  error
}

func (e *shortError) Error() string {
	if errors.Is(e.err, context.DeadlineExceeded) {
		return fmt.Sprintf("the answer to GET %s did not end before the deadline, after %d bytes", e.path, e.read)
	}
	return fmt.Sprintf("the answer to GET %s broke off after %d bytes", e.path, e.read)
}

func (e *shortError) Unwrap() error { return e.err }

// get asks for path, which may have a query, and returns the body of a 200. A
// server that is too busy is asked again after the time that it names, until the
// deadline.
func (c *client) get(ctx context.Context, path, accept string) ([]byte, error) {
	var busy *busyError // the last such answer
	var own bool        // whether the question had a line of its own
	for {
		var body []byte
		var wait time.Duration
		l, err := c.enter(ctx, &own)
		if err == nil {
			body, wait, err = c.ask(ctx, l, path, accept)
		} else {
			path, _, _ := strings.Cut(path, "?")
			err = &noAnswerError{path, err}
		}
		switch {
		case err != nil && busy != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
			return nil, busy // that it was asked again in vain explains less
		case err == nil || ctx.Err() != nil:
			return body, err
		case status(err) != 0 && wait == 0:
			return nil, err // an answer, even if the connection ended with it
		case wait > 0:
			var s *statusError
			errors.As(err, &s)
			busy = &busyError{*s, wait}
			if !wire.Pause(ctx, wait) {
				if errors.Is(ctx.Err(), context.Canceled) {
					return nil, context.Cause(ctx)
				}
				return nil, busy
			}
		case c.unreadable(err) != nil:
			return nil, err // net/http closed the connection, and would again
		case l.conn.Err() == nil && !errors.Is(err, errEnded) && !errors.Is(err, errUnusable):
			return nil, err
		case !c.replace(ctx, l):
			if none := new(noAnswerError); errors.As(err, &none) {
				none.err = c.broken(none.err)
			}
			return nil, err
		}
	}
}

// ask asks for path on l, which the question has entered, and leaves it.
func (c *client) ask(ctx context.Context, l *line, path, accept string) (body []byte, wait time.Duration, err error) {
	ctx = context.WithValue(ctx, lineKey{}, l)
	defer func() { l.leave(err == nil || status(err) != 0) }()
	if err := l.conn.Err(); err != nil {
		return nil, 0, &noAnswerError{path, errUnusable}
	}
	return c.once(ctx, path, accept)
}

// once asks one time. A wait is how long to pause before the next.
func (c *client) once(ctx context.Context, path, accept string) (body []byte, wait time.Duration, err error) {
	u := c.target.server.JoinPath()
	ref, err := url.Parse(path)
	if err != nil {
		return nil, 0, fmt.Errorf("make the URL of %s: %w", path, err)
	}
	u = u.JoinPath(ref.Path)
	u.RawQuery, u.User = ref.RawQuery, nil
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, 0, fmt.Errorf("make the request for %s: %w", path, err)
	}
	req.Header.Set("Accept", accept)
	resp, err := c.http.Do(req)
	if err != nil {
		err = cause(err)
		if f := c.unreadable(err); f != nil {
			err = f
		}
		return nil, 0, &noAnswerError{ref.Path, err}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		// With HTTP/1.1, a body left unread ends the connection.
		body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
		return nil, wire.RetryAfter(resp), &statusError{resp.StatusCode, ref.Path, !ownAnswer(resp.StatusCode, body)}
	}
	body, err = io.ReadAll(resp.Body)
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		return nil, 0, fmt.Errorf("the answer to GET %s has more than %d MiB", ref.Path, wire.MaxAnswer>>20)
	case err != nil:
		return nil, 0, &shortError{ref.Path, len(body), cause(err)}
	case c.sent(body):
		return nil, 0, fmt.Errorf("the answer to GET %s holds the credentials that were sent", ref.Path)
	case ctx.Err() != nil:
		// Who is left at the deadline may end the request as if it were answered.
		return nil, 0, &noAnswerError{ref.Path, cause(context.Cause(ctx))}
	}
	return body, 0, nil
}

// ownAnswer reports whether body is the Status that an API server sends with a code. One
// that contradicts the code is from something else; what it lacks contradicts nothing.
func ownAnswer(code int, body []byte) bool {
	var answer struct {
		Kind   string              `json:"kind"`
		Status string              `json:"status"`
		Reason metav1.StatusReason `json:"reason"`
		Code   int                 `json:"code"`
	}
	if wire.DecodeJSON(body, &answer) != nil || answer.Kind != "Status" ||
		answer.Status != "" && answer.Status != metav1.StatusFailure || answer.Code != 0 && answer.Code != code {
		return false
	}
	switch code {
	case http.StatusNotFound:
		return answer.Reason == "" || answer.Reason == metav1.StatusReasonNotFound
	case http.StatusForbidden:
		return answer.Reason == "" || answer.Reason == metav1.StatusReasonForbidden
	}
	return true
}

// unreadable returns what err means if the other side speaks another protocol, nil
// for any other error. It is remembered, since net/http then closes the connection
// under all other questions.
func (c *client) unreadable(err error) *wire.Fault {
	f := wire.Explain(err)
	if f.Kind != wire.NotHTTP && f.Kind != wire.WantsTLS {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.foreign = f
	return f
}

// broken is why a connection that could not be replaced ended.
func (c *client) broken(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.foreign != nil {
		return c.foreign
	}
	return wire.Broken(err)
}

// sent reports whether an answer holds what was sent to log in, as that of an
// echo does. A version or a registry that is a token must not be printed.
func (c *client) sent(body []byte) bool {
	token, password := c.target.config.BearerToken, c.target.config.Password
	secrets := []string{base64.StdEncoding.EncodeToString([]byte(c.target.config.Username + ":" + password))}
	if password == "" {
		secrets = nil
	}
	for _, s := range []string{token, password} {
		if len(s) >= minSecret {
			secrets = append(secrets, s)
		}
	}
	return slices.ContainsFunc(secrets, func(s string) bool { return bytes.Contains(body, []byte(s)) })
}

// cause is what went wrong with a request, without what net/http puts around it:
// method and URL, the number of an HTTP/2 stream, and a server's last words,
// which may be what it was sent: a token.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	s := streamError{}
	switch text := err.Error(); {
	case errors.As(err, &s):
		return errCutOff
	case strings.Contains(text, "GOAWAY"):
		return errEnded
	case strings.Contains(text, "conn not usable"):
		return errUnusable
	}
	return err
}

// errEnded is a server that ended the connection in good order and left the
// request unanswered: it may be asked again. kube-apiserver does so after each
// answer to a user that it does not know.
var errEnded = errors.New("the server ended the connection")

// errUnusable is a connection that had ended, for whatever reason, before the
// request went out.
var errUnusable = errors.New("the connection had ended")

// errCutOff is a server that ended a request and not the connection.
var errCutOff = errors.New("the server cut it off")

// streamError has the fields of the HTTP/2 error that net/http does not export.
// Its errors.As fills any struct of this shape.
type streamError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (streamError) Error() string { return errCutOff.Error() }
