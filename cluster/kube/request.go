package kube

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

const (
	// maxErrorBody is how many bytes are read of an answer that is not used.
	maxErrorBody = 64 << 10
	// minWait keeps a server that says "Retry-After: 0" from being asked in a
	// tight loop; defaultWait is for one that says nothing.
	minWait     = 100 * time.Millisecond
	defaultWait = time.Second
	// minSecret is the length from which a text that equals a credential is no
	// accident.
	minSecret = 16
)

// statusError is an answer other than 200.
type statusError struct {
	code int
	path string
}

func (e *statusError) Error() string {
	return fmt.Sprintf("GET %s was answered %d %s", e.path, e.code, http.StatusText(e.code))
}

// status is the HTTP status in err, 0 for none.
func status(err error) int {
	var s *statusError
	if errors.As(err, &s) {
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
		return fmt.Sprintf("GET %s was answered %d %s until the deadline", e.path, e.code, http.StatusText(e.code))
	}
	return fmt.Sprintf("%s and asks for a pause of %s, longer than the deadline allows", e.statusError.Error(), e.wait.Round(time.Second))
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
	return fmt.Sprintf("no answer to GET %s: %v", e.path, e.err)
}

func (e *noAnswerError) Unwrap() error { return e.err }

// brokenError is a connection that broke for good, in whatever words net/http
// has for that.
type brokenError struct{ err error }

func (e *brokenError) Error() string { return "the connection broke" }
func (e *brokenError) Unwrap() error { return e.err }

// shortError is a body that ended, or came to nothing, before its end.
type shortError struct {
	path string
	read int
	err  error
}

func (e *shortError) Error() string {
	if errors.Is(e.err, context.DeadlineExceeded) {
		return fmt.Sprintf("the answer to GET %s had not ended at the deadline, after %d bytes", e.path, e.read)
	}
	return fmt.Sprintf("the answer to GET %s broke off after %d bytes: %v", e.path, e.read, e.err)
}

func (e *shortError) Unwrap() error { return e.err }

// get asks for path, which may have a query, and returns the body of a 200. A
// server that is too busy is asked again when it says, while there is time for
// that.
func (c *client) get(ctx context.Context, path, accept string) ([]byte, error) {
	for {
		l := c.current()
		body, wait, err := c.ask(ctx, l, path, accept)
		switch {
		case err == nil || ctx.Err() != nil:
			return body, err
		case status(err) != 0 && wait == 0:
			return nil, err // an answer, even if the connection ended with it
		case wait > 0:
			if err := pause(ctx, wait, err); err != nil {
				return nil, err
			}
		case l.conn.Err() == nil && !errors.Is(err, errEnded) && !errors.Is(err, errUnusable):
			return nil, err
		case !c.replace(ctx, l):
			if none := new(noAnswerError); errors.As(err, &none) {
				none.err = &brokenError{none.err}
			}
			return nil, err
		}
	}
}

// ask asks for path on l, once there is room for the question.
func (c *client) ask(ctx context.Context, l *line, path, accept string) (body []byte, wait time.Duration, err error) {
	ctx = context.WithValue(ctx, lineKey{}, l)
	if err := l.enter(ctx); err != nil {
		return nil, 0, &noAnswerError{path, err}
	}
	defer func() { l.leave(err == nil || status(err) != 0) }()
	if err := l.conn.Err(); err != nil {
		return nil, 0, &noAnswerError{path, errUnusable}
	}
	return c.once(ctx, path, accept)
}

// once asks one time. A wait says how long to pause before the next.
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
		return nil, 0, &noAnswerError{ref.Path, cause(err)}
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		// With HTTP/1.1, a body left unread ends the connection.
		io.CopyN(io.Discard, resp.Body, maxErrorBody)
		return nil, retryAfter(resp), &statusError{resp.StatusCode, ref.Path}
	}
	body, err = io.ReadAll(resp.Body)
	switch {
	case errors.Is(err, wire.ErrTooLarge):
		return nil, 0, fmt.Errorf("the answer to GET %s has more than %d MiB", ref.Path, wire.MaxAnswer>>20)
	case err != nil:
		return nil, 0, &shortError{ref.Path, len(body), cause(err)}
	case c.sent(body):
		return nil, 0, fmt.Errorf("the answer to GET %s holds the credentials that were sent", ref.Path)
	}
	return body, 0, nil
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

// cause is what went wrong with a request, in other words than net/http's: it
// puts method and URL first, and tells the number of an HTTP/2 stream.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	if s := (streamError{}); errors.As(err, &s) {
		return errCutOff
	}
	return withoutText(err)
}

// withoutText is err as it may be shown. What net/http makes of an answer that
// it cannot read, or of a server's last words on HTTP/2, quotes them, and a
// server can send back what it was sent: a token.
func withoutText(err error) error {
	text := err.Error()
	switch {
	case strings.Contains(text, "malformed"), strings.Contains(text, "unsupported transfer encoding"), strings.Contains(text, "bad Content-Length"),
		strings.Contains(text, "invalid header"):
		return shortened{"what came is not HTTP", err}
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

// retryAfter is how long to wait before asking again, 0 for never: RFC 9110
// section 10.2.3, in seconds or as a date.
func retryAfter(resp *http.Response) time.Duration {
	after := resp.Header.Get("Retry-After")
	if resp.StatusCode != http.StatusTooManyRequests && (resp.StatusCode != http.StatusServiceUnavailable || after == "") {
		return 0
	}
	if seconds, err := strconv.ParseUint(after, 10, 31); err == nil {
		return max(time.Duration(seconds)*time.Second, minWait)
	}
	if date, err := http.ParseTime(after); err == nil {
		return max(time.Until(date), minWait)
	}
	return defaultWait
}

// pause waits, or returns why there is no time for that.
func pause(ctx context.Context, wait time.Duration, cause error) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		var s *statusError
		errors.As(cause, &s)
		return &busyError{*s, wait}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// parse reads the text of one kubeconfig file.
func parse(text []byte, file string) (*clientcmdapi.Config, error) {
	config, err := clientcmd.Load(text)
	if err != nil {
		return nil, parseProblem(err)
	}
	for _, c := range config.Contexts {
		c.LocationOfOrigin = file
	}
	for _, c := range config.Clusters {
		c.LocationOfOrigin = file
	}
	for _, u := range config.AuthInfos {
		u.LocationOfOrigin = file
	}
	return config, nil
}

// merge makes one kubeconfig of several, as kubectl does: of entries with one
// name the first counts, and counts whole.
func merge(parts []*clientcmdapi.Config) *clientcmdapi.Config {
	all := clientcmdapi.NewConfig()
	for i := len(parts) - 1; i >= 0; i-- {
		maps.Copy(all.Contexts, parts[i].Contexts)
		maps.Copy(all.Clusters, parts[i].Clusters)
		maps.Copy(all.AuthInfos, parts[i].AuthInfos)
		if current := parts[i].CurrentContext; current != "" {
			all.CurrentContext = current
		}
	}
	return all
}

// syntaxProblem is what a YAML parser says of a text without any of it. It has
// other messages that quote: a token that begins with an asterisk, say, is a
// reference to nothing, and shown.
var syntaxProblem = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^yaml: (line \d+: )?((did|could) not find expected|found|mapping values are not allowed|block (sequence|mapping) entries are not allowed|control characters are not allowed)`)
})

var lineNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bline \d+`) })

// twice is what client-go says of two entries with one name. It goes on with all of
// them, secrets included.
var twice = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^error converting \*\[\](Named(?:Context|Cluster|AuthInfo)) into .*?: duplicate name "(.*?)" in list: `)
})

var listOf = map[string]string{"NamedContext": "contexts", "NamedCluster": "clusters", "NamedAuthInfo": "users"}

// parseProblem says why a text is no kubeconfig, and shows nothing of the text,
// which holds secrets.
func parseProblem(err error) error {
	text := err.Error()
	var corrupt base64.CorruptInputError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		got, _, _ := strings.Cut(wrong.Value, " ")
		if wrong.Type.Kind() == reflect.String {
			return fmt.Errorf("%s is a %s: write it in quotes", wrong.Field, got)
		}
		return fmt.Errorf("%s cannot be a %s", wrong.Field, got)
	case runtime.IsNotRegisteredError(err):
		return errors.New("it is of another kind than Config")
	case errors.As(err, &corrupt):
		return corrupt
	}
	if m := twice().FindStringSubmatch(text); m != nil {
		return fmt.Errorf("two of its %s are named %q: rename or remove one", listOf[m[1]], m[2])
	}
	_, syntax, found := strings.Cut(text, "yaml: ")
	switch at := lineNumber().FindString(text); {
	case found && syntaxProblem().MatchString("yaml: "+syntax):
		return errors.New("yaml: " + syntax)
	case at != "":
		return fmt.Errorf("%s is not as a kubeconfig has it", at)
	}
	return errors.New("it is not a kubeconfig")
}
