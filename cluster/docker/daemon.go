package docker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Versions of the Engine API: the newest that is asked for, and the one of a
// daemon that does not report its own.
const (
	newestAPI = "1.51"
	oldestAPI = "1.24"
)

// identityTimeout bounds the question for the daemon's ID: a busy daemon takes
// long to answer it, and nothing depends on it.
const identityTimeout = time.Second

// maxMessage bounds what is read of an answer that is a failure.
const maxMessage = 1 << 20

// errNotDaemon is the cause if something answers that is no daemon.
var errNotDaemon = errors.New("the answer is none that a Docker daemon gives")

// answer is what the daemon said of itself.
type answer struct {
	version, arch string
	// id is the daemon's ID, "" if it is not known.
	id string
	at time.Time
}

// daemon asks one daemon. Three requests of the Engine API are all that is needed
// of it. Docker's own client would send the same, as a test holds; but it, and the
// tracing and the image names that it links, take a seventh of the time that this
// program needs to start.
type daemon struct {
	http   http.Client
	prefix url.URL
	api    string // the version in use, such as "1.51"
}

// ask agrees on an API version with the daemon and asks for its version.
// apiVersion overrides the agreement if it is not empty.
func ask(ctx context.Context, ep *endpoint, t http.RoundTripper, apiVersion string) (answer, error) {
	d := &daemon{
		http: http.Client{
			Transport:     t,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		prefix: url.URL{Scheme: ep.httpScheme(), Host: ep.httpHost()},
	}
	offered, err := d.ping(ctx)
	if err != nil {
		return answer{}, err
	}
	if d.api = strings.TrimPrefix(apiVersion, "v"); d.api == "" {
		if d.api, err = agree(offered); err != nil {
			return answer{}, err
		}
	}
	var v struct{ Version, Arch string }
	if err := d.get(ctx, "/version", &v); err != nil {
		return answer{}, err
	}
	if v.Version == "" {
		return answer{}, errNotDaemon
	}
	return answer{version: v.Version, arch: v.Arch, at: time.Now(), id: d.identity(ctx)}, nil
}

// identity asks for the daemon's ID, "" if there is no answer in time.
func (d *daemon) identity(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, identityTimeout)
	defer cancel()
	var info struct{ ID string }
	if err := d.get(ctx, "/info", &info); err != nil {
		return ""
	}
	return info.ID
}

// ping returns the API version that the daemon reports, "" for none. Daemons that
// do not know HEAD are asked by GET.
func (d *daemon) ping(ctx context.Context) (string, error) {
	resp, err := d.send(ctx, http.MethodHead, "/_ping")
	if err != nil {
		return "", err
	}
	defer func() { drain(resp) }()
	if s := resp.StatusCode; s != http.StatusOK && s != http.StatusInternalServerError {
		again, err := d.send(ctx, http.MethodGet, "/_ping")
		if err != nil {
			return "", err
		}
		drain(resp)
		resp = again
	}
	return resp.Header.Get("Api-Version"), refusal(resp)
}

// get asks for a path below that of the API version.
func (d *daemon) get(ctx context.Context, path string, into any) error {
	resp, err := d.send(ctx, http.MethodGet, "/v"+d.api+path)
	if err != nil {
		return err
	}
	defer drain(resp)
	if err := refusal(resp); err != nil {
		return err
	}
	return json.NewDecoder(resp.Body).Decode(into)
}

func (d *daemon) send(ctx context.Context, method, path string) (*http.Response, error) {
	u := d.prefix
	u.Path = path
	req, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "sextant")
	return d.http.Do(req)
}

// drain closes an answer, so that its connection serves again if little is left.
func drain(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 512)
	resp.Body.Close()
}

// refusal is the daemon's message in an answer that is a failure, nil in any other.
func refusal(resp *http.Response) error {
	if resp.StatusCode >= 200 && resp.StatusCode < 400 {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxMessage))
	if err != nil {
		return err
	}
	var failure struct{ Message string }
	if json.Unmarshal(text, &failure) != nil {
		failure.Message = string(text) // of a proxy, say
	}
	return errors.New(cmp.Or(strings.TrimSpace(failure.Message), resp.Status))
}

// agree returns the newest API version that both sides know.
func agree(offered string) (string, error) {
	if offered == "" {
		return oldestAPI, nil
	}
	theirs, err := parseAPI(offered)
	if err != nil {
		return "", err
	}
	if ours, _ := parseAPI(newestAPI); ours.less(theirs) {
		return newestAPI, nil
	}
	return offered, nil
}

// apiVersion is a parsed version of the Engine API.
type apiVersion struct{ major, minor uint64 }

func (v apiVersion) less(w apiVersion) bool {
	return v.major < w.major || v.major == w.major && v.minor < w.minor
}

// parseAPI reads a version. It is to be a part of a path, so nothing else passes.
func parseAPI(text string) (v apiVersion, err error) {
	major, minor, _ := strings.Cut(text, ".")
	if v.major, err = strconv.ParseUint(major, 10, 32); err == nil {
		v.minor, err = strconv.ParseUint(minor, 10, 32)
	}
	if err != nil {
		return v, fmt.Errorf("%w: it reports the API version %q", errNotDaemon, text)
	}
	return v, nil
}
