package clustertest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Hang returns a Fault that never answers the paths, or any path if there are
// none: the request waits until the client gives up or the server closes. A
// path of a Docker daemon is without the API version, as /version.
func Hang(paths ...string) func(http.ResponseWriter, *http.Request) bool {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		if len(paths) > 0 && !slices.Contains(paths, unversioned(r.URL.Path)) {
			return false
		}
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // as in delay
	}
}

// unversioned is the path without a first element such as v1.51.
func unversioned(path string) string {
	first, rest, more := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if more && strings.HasPrefix(first, "v") && strings.Trim(first[1:], "0123456789.") == "" {
		return "/" + rest
	}
	return path
}

// delay waits before an answer. If none is wanted any more it aborts: to
// return would be an answer, empty.
func delay(r *http.Request, latency time.Duration) {
	if latency <= 0 {
		return
	}
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-r.Context().Done():
		panic(http.ErrAbortHandler)
	case <-timer.C:
	}
}
