package environ_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/internal/environ"
)

func TestGet(t *testing.T) {
	e := environ.List{"A=1", "B=", "A=2", "odd", "X=a=b"}
	for key, want := range map[string]string{"A": "2", "B": "", "C": "", "odd": "", "X": "a=b"} {
		if got := e.Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if diff := cmp.Diff(environ.List{"B=", "odd", "X=a=b"}, e.Without("A")); diff != "" {
		t.Errorf("without A (-want +got):\n%s", diff)
	}
}

func TestPinned(t *testing.T) {
	e := environ.List{"A=1", "KUBECONFIG=x", "KUBERC=/etc/kuberc", "KUBERNETES_SERVICE_HOST=h", "KUBERNETES_SERVICE_PORT=1",
		"HELM_KUBECONTEXT=x", "HELM_KUBEAPISERVER=x", "HELM_NAMESPACE=x", "HELM_DEBUG=1"}
	if diff := cmp.Diff(environ.List{"A=1", "HELM_DEBUG=1", "KUBECONFIG=/pinned", "KUBERC=off"}, e.Pinned("/pinned")); diff != "" {
		t.Errorf("pinned (-want +got):\n%s", diff)
	}
}

func TestOr(t *testing.T) {
	t.Setenv("SEXTANT_TEST", "here")
	if got := environ.Or(nil).Get("SEXTANT_TEST"); got != "here" {
		t.Errorf("the process's variable is %q", got)
	}
	if got := environ.Or([]string{}).Get("SEXTANT_TEST"); got != "" {
		t.Errorf("an empty environment has %q", got)
	}
}

func TestProxies(t *testing.T) {
	e := environ.List{"HTTPS_PROXY=upper", "https_proxy=lower", "no_proxy=lower"}
	if p := e.Proxies(); p.HTTPSProxy != "upper" || p.NoProxy != "lower" || p.HTTPProxy != "" || p.CGI {
		t.Errorf("proxies %+v", p)
	}
}

func TestLookPath(t *testing.T) {
	name := "tool"
	if runtime.GOOS == "windows" {
		name = "tool.exe"
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	list := string(filepath.ListSeparator)
	for path, found := range map[string]bool{dir: true, "/nowhere" + list + dir: true, ".": false, "": false} {
		got, err := environ.List{"PATH=" + path}.LookPath("tool")
		if found && (err != nil || got != filepath.Join(dir, name)) {
			t.Errorf("PATH=%s: got %q, %v", path, got, err)
		}
		if !found && !errors.Is(err, exec.ErrNotFound) {
			t.Errorf("PATH=%s: got %q, %v, want not found", path, got, err)
		}
	}
}
