package docker

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// environ is an environment of KEY=VALUE entries, the last of a key counting.
type environ []string

// get returns the value of a variable. Docker takes an empty one for unset.
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

// first returns the value of the first variable that is not empty.
func (e environ) first(keys ...string) string {
	for _, key := range keys {
		if v := e.get(key); v != "" {
			return v
		}
	}
	return ""
}

// configDir is where the docker command keeps its configuration: DOCKER_CONFIG,
// else .docker in the home directory.
func (e environ) configDir() string {
	if dir := e.get("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home := e.get("HOME")
	if home == "" && runtime.GOOS == "windows" {
		home = e.get("USERPROFILE")
	}
	return filepath.Join(home, ".docker")
}

// lookPath finds a command in this environment's PATH. Entries that are not
// absolute are passed over, as os/exec does.
func (e environ) lookPath(command string) (string, error) {
	for _, dir := range filepath.SplitList(e.get("PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if path, err := exec.LookPath(filepath.Join(dir, command)); err == nil {
			return path, nil
		}
	}
	return "", &exec.Error{Name: command, Err: exec.ErrNotFound}
}
