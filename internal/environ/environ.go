// Package environ reads an environment that is handed in, not the process's:
// variables, the home folder, PATH, and proxies. It imports the standard
// library and golang.org/x/net/http/httpproxy.
package environ

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// List is an environment as KEY=VALUE. Where a key repeats, the last counts.
type List []string

// Or returns the list, or the environment of the process if it is nil.
func Or(list []string) List {
	if list == nil {
		return os.Environ()
	}
	return list
}

// Get returns the value of a variable, "" if it is not set.
func (e List) Get(key string) string {
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

// Without returns a copy of the list that lacks a variable.
func (e List) Without(key string) List {
	out := make(List, 0, len(e)+1)
	for _, kv := range e {
		if k, _, _ := strings.Cut(kv, "="); !sameKey(k, key) {
			out = append(out, kv)
		}
	}
	return out
}

// Pinned returns the environment of a program that can reach the cluster of one
// kubeconfig and no other, as far as kubectl and helm go.
func (e List) Pinned(kubeconfig string) List {
	out := make(List, 0, len(e)+2)
	for _, kv := range e {
		switch key, _, _ := strings.Cut(kv, "="); {
		case sameKey(key, "KUBECONFIG"), sameKey(key, "KUBERC"),
			// In a pod, kubectl takes these two if its kubeconfig is empty.
			sameKey(key, "KUBERNETES_SERVICE_HOST"), sameKey(key, "KUBERNETES_SERVICE_PORT"),
			// helm prefers these to the kubeconfig.
			strings.HasPrefix(key, "HELM_KUBE"), sameKey(key, "HELM_NAMESPACE"):
		default:
			out = append(out, kv)
		}
	}
	// The file kuberc sets defaults of kubectl's flags, --kubeconfig too.
	return append(out, "KUBECONFIG="+kubeconfig, "KUBERC=off")
}

// Home is the home folder, "" if there is none.
func (e List) Home() string {
	if h := e.Get("HOME"); h != "" || runtime.GOOS != "windows" {
		return h
	}
	return e.Get("USERPROFILE")
}

// LookPath finds a command in this environment's PATH. Entries that are not
// absolute are passed over, as os/exec does. A command that is not there is an
// error that is [exec.ErrNotFound].
func (e List) LookPath(command string) (string, error) {
	for _, dir := range filepath.SplitList(e.Get("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, command)); err == nil {
			return path, nil
		}
	}
	return "", &exec.Error{Name: command, Err: exec.ErrNotFound}
}

// Proxies are the proxy variables, in the meaning that Go's own HTTP client
// has them: both spellings count, and loopback is never proxied.
func (e List) Proxies() *httpproxy.Config {
	either := func(key string) string {
		if v := e.Get(key); v != "" {
			return v
		}
		return e.Get(strings.ToLower(key))
	}
	return &httpproxy.Config{
		HTTPProxy:  either("HTTP_PROXY"),
		HTTPSProxy: either("HTTPS_PROXY"),
		NoProxy:    either("NO_PROXY"),
		CGI:        e.Get("REQUEST_METHOD") != "",
	}
}
