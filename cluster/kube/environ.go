package kube

import (
	"os"
	"runtime"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// environ is an environment, as KEY=VALUE. Where a key repeats, the last counts.
type environ []string

func newEnviron(list []string) environ {
	if list == nil {
		return os.Environ()
	}
	return list
}

// get returns the value of a variable, "" where it is not set.
func (e environ) get(key string) string {
	for i := len(e) - 1; i >= 0; i-- {
		if k, v, ok := strings.Cut(e[i], "="); ok && sameKey(k, key) {
			return v
		}
	}
	return ""
}

func sameKey(a, b string) bool {
	if runtime.GOOS == "windows" {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// home is the home directory, "" where there is none.
func (e environ) home() string {
	if h := e.get("HOME"); h != "" {
		return h
	}
	if runtime.GOOS == "windows" {
		return e.get("USERPROFILE")
	}
	return ""
}

// proxies are the proxy variables, in the meaning that Go's own HTTP client
// gives them: both spellings count, and loopback is never proxied.
func (e environ) proxies() *httpproxy.Config {
	either := func(key string) string {
		if v := e.get(key); v != "" {
			return v
		}
		return e.get(strings.ToLower(key))
	}
	return &httpproxy.Config{
		HTTPProxy:  either("HTTP_PROXY"),
		HTTPSProxy: either("HTTPS_PROXY"),
		NoProxy:    either("NO_PROXY"),
		CGI:        e.get("REQUEST_METHOD") != "",
	}
}
