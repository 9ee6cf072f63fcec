package faults

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Only answers requests for path with fault and all others with sound.
func Only(path string, fault, sound http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path {
			fault.ServeHTTP(w, r)
			return
		}
		sound.ServeHTTP(w, r)
	})
}

// First answers the first n requests with fault and all others with sound.
func First(n int, fault, sound http.Handler) http.Handler {
	left := make(chan struct{}, n)
	for range n {
		left <- struct{}{}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-left:
			fault.ServeHTTP(w, r)
		default:
			sound.ServeHTTP(w, r)
		}
	})
}

// Slow answers as sound does, each request after a delay of its own.
func Slow(delay time.Duration, sound http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-time.After(delay):
			sound.ServeHTTP(w, r)
		}
	})
}

// NoAnswer takes requests and never answers.
func NoAnswer() http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
}

// Drip answers 200 and then one space each interval, without end. JSON may
// begin with any number of spaces, so no reader can call it wrong.
func Drip(interval time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			if _, err := io.WriteString(w, " "); err != nil {
				return
			}
			if err := http.NewResponseController(w).Flush(); err != nil {
				return
			}
			select {
			case <-r.Context().Done():
				return
			case <-ticker.C:
			}
		}
	})
}

// Endless answers 200 and then a JSON string without end, as fast as it is read.
func Endless() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		chunk := make([]byte, 64<<10)
		for i := range chunk {
			chunk[i] = 'x'
		}
		_, err := io.WriteString(w, `{"gitVersion":"`)
		for err == nil && r.Context().Err() == nil {
			_, err = w.Write(chunk)
		}
	})
}

// Short answers 200 with a body that ends before its Content-Length.
func Short() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		const sent = `{"gitVersion":"v1.`
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(100*len(sent)))
		io.WriteString(w, sent)
	})
}

// Cut resets the connection instead of answering; on HTTP/2, the stream.
func Cut() http.Handler {
	return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// Status answers with the code and the metav1.Status that a Kubernetes API
// server sends beside it: 401, 403, 404, 429, 500, 503.
func Status(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { writeStatus(w, code) })
}

// TooMany answers 429 and asks to be tried again after a number of seconds.
func TooMany(retryAfter int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", strconv.Itoa(retryAfter))
		writeStatus(w, http.StatusTooManyRequests)
	})
}

func writeStatus(w http.ResponseWriter, code int) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":%q,"reason":%q,"code":%d}`,
		"the test server answers "+strconv.Itoa(code), reasons[code], code)
}

// reasons are metav1.StatusReason values.
var reasons = map[int]string{
	http.StatusUnauthorized:        "Unauthorized",
	http.StatusForbidden:           "Forbidden",
	http.StatusNotFound:            "NotFound",
	http.StatusTooManyRequests:     "TooManyRequests",
	http.StatusInternalServerError: "InternalError",
	http.StatusServiceUnavailable:  "ServiceUnavailable",
}

// HTML answers 200 with a page, as a captive portal or a login proxy does.
func HTML() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!DOCTYPE html><title>Sign in</title><p>Please sign in.\n")
	})
}

// Redirect answers 302 to the same path and query at another server, whose URL
// is base.
func Redirect(base string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusFound)
	})
}
