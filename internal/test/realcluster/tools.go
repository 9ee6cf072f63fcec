package realcluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Tools are the paths of the programs built out of the module in the folder
// tools.
type Tools struct {
	Etcd, APIServer, Kubelet, Kubectl string
	// Version is that of Kubernetes, such as v1.36.3. It is also what an API
	// server reports, unless set otherwise.
	Version string
}

// servers are the packages of Tools, and the name of each binary that go build writes.
var servers = map[string]string{
	"go.etcd.io/etcd/server/v3":            "server",
	"k8s.io/kubernetes/cmd/kube-apiserver": "kube-apiserver",
	"k8s.io/kubernetes/cmd/kubelet":        "kubelet",
	"k8s.io/kubernetes/cmd/kubectl":        "kubectl",
}

// BuildTools returns the programs out of the cache, or builds them first. Several
// processes may call it at the same time: one builds, the others wait. The
// current folder must be inside the module.
func BuildTools(ctx context.Context) (*Tools, error) {
	tools, err := buildTools(ctx)
	if err != nil {
		return nil, &MissingError{Part: "etcd and Kubernetes", Err: err, Remedy: "run: make test-real, where the Go module proxy can be reached"}
	}
	return tools, nil
}

func buildTools(ctx context.Context) (*Tools, error) {
	if runtime.GOOS == "windows" {
		return nil, errors.New("kube-apiserver does not run on Windows")
	}
	module, err := moduleIn(ctx, "tools")
	if err != nil {
		return nil, err
	}
	version, err := goOutput(ctx, module, "list", "-m", "-f", "{{.Version}}", "k8s.io/kubernetes")
	if err != nil {
		return nil, err
	}
	dir, err := cached(ctx, module, linkerFlags(version), servers)
	if err != nil {
		return nil, err
	}
	return &Tools{
		Etcd:      filepath.Join(dir, "server"),
		APIServer: filepath.Join(dir, "kube-apiserver"),
		Kubelet:   filepath.Join(dir, "kubelet"),
		Kubectl:   filepath.Join(dir, "kubectl"),
		Version:   version,
	}, nil
}

// BuildBuildx returns the path of docker's plugin buildx, which Debian 12 lacks, as
// BuildTools does. It runs without docker.
func BuildBuildx(ctx context.Context) (string, error) {
	module, err := moduleIn(ctx, "buildx")
	var dir string
	if err == nil {
		dir, err = cached(ctx, module, "-s -w", map[string]string{"github.com/docker/buildx/cmd/buildx": "buildx"})
	}
	if err != nil {
		return "", &MissingError{Part: "buildx", Err: err, Remedy: "run: make test-real, where the Go module proxy can be reached"}
	}
	return filepath.Join(dir, "buildx"), nil
}

// cached returns the folder of the cache that has the binaries of packages, and
// builds them first if there is none.
func cached(ctx context.Context, module, flags string, packages map[string]string) (dir string, err error) {
	if allMissing() {
		return "", errors.New(missingVariable + " is set")
	}
	goVersion, err := goOutput(ctx, module, "env", "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return "", err
	}
	key, err := cacheKey(module, goVersion, flags)
	if err != nil {
		return "", err
	}
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(cache, "lock"))
	if err != nil {
		return "", fmt.Errorf("lock the cache %s: %w", cache, err)
	}
	defer unlock()

	dir = filepath.Join(cache, key)
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		if err := build(ctx, module, flags, packages, cache, dir); err != nil {
			return "", err
		}
	} else if err != nil {
		return "", fmt.Errorf("look into the cache: %w", err)
	}
	return dir, nil
}

// build makes dir, whole or not at all.
func build(ctx context.Context, module, flags string, packages map[string]string, cache, dir string) error {
	fresh, err := os.MkdirTemp(cache, "new-")
	if err != nil {
		return fmt.Errorf("make a folder in the cache: %w", err)
	}
	defer os.RemoveAll(fresh)
	args := []string{"build", "-ldflags", flags, "-o", fresh + string(filepath.Separator)}
	for path := range packages {
		args = append(args, path)
	}
	// One command, so that what they share is compiled once. A download may fail once,
	// and what was compiled before it is kept.
	for attempt := 1; ; attempt++ {
		_, err := goOutput(ctx, module, args...)
		if err == nil {
			break
		}
		if attempt == 3 || ctx.Err() != nil {
			return err
		}
	}
	for path, name := range packages {
		if _, err := os.Stat(filepath.Join(fresh, name)); err != nil {
			return fmt.Errorf("go build %s: %w", path, err)
		}
	}
	if err := os.Rename(fresh, dir); err != nil {
		return fmt.Errorf("keep what was built: %w", err)
	}
	return nil
}

// linkerFlags put the version in; without them /version says v0.0.0-master.
func linkerFlags(version string) string {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	flags := []string{"-s", "-w"}
	for _, set := range [][2]string{
		{"gitVersion", version}, {"gitMajor", parts[0]}, {"gitMinor", parts[1]},
		{"gitCommit", "unknown"}, {"gitTreeState", "archive"}, {"buildDate", "1970-01-01T00:00:00Z"},
	} {
		flags = append(flags, "-X k8s.io/component-base/version."+set[0]+"="+set[1])
	}
	return strings.Join(flags, " ")
}

func cacheKey(module, goVersion, flags string) (string, error) {
	hash := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(module, name))
		if err != nil {
			return "", fmt.Errorf("read the module of the programs: %w", err)
		}
		hash.Write(data)
	}
	fmt.Fprintln(hash, goVersion, flags)
	return fmt.Sprintf("%x", hash.Sum(nil)[:8]), nil
}

func cacheFolder() (string, error) {
	dir := os.Getenv("SEXTANT_REAL_CACHE")
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a cache folder, or set SEXTANT_REAL_CACHE: %w", err)
		}
		dir = filepath.Join(user, "sextant", "realcluster")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the cache folder: %w", err)
	}
	return dir, nil
}

// moduleIn is the folder of a module that programs are built out of, found from the
// module of the current folder or one above that.
func moduleIn(ctx context.Context, name string) (string, error) {
	mod, err := goOutput(ctx, "", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	for root := filepath.Dir(mod); ; root = filepath.Dir(root) {
		dir := filepath.Join(root, "internal", "test", "realcluster", name)
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if root == filepath.Dir(root) {
			return "", fmt.Errorf("the module %s of the tests is not found from %s", name, filepath.Dir(mod))
		}
	}
}

// goOutput runs the go command in dir and returns its standard output.
func goOutput(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false", "GOWORK=off")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, tail(stderr.Bytes(), 5))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// tail is the last n lines of a string.
func tail(text []byte, n int) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
