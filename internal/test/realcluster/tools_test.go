package realcluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCacheKey(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	key := func(goVersion, flags string) string {
		t.Helper()
		key, err := cacheKey(dir, goVersion, flags)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	if _, err := cacheKey(dir, "go1", "-s"); err == nil {
		t.Error("a folder without a module has a key")
	}
	write("go.mod", "module a")
	write("go.sum", "a")
	first := key("go1", "-s")
	if again := key("go1", "-s"); again != first {
		t.Errorf("the same input has the keys %s and %s", first, again)
	}
	seen := map[string]bool{first: true}
	for what, other := range map[string]func() string{
		"Go":     func() string { return key("go2", "-s") },
		"flags":  func() string { return key("go1", "-w") },
		"go.sum": func() string { write("go.sum", "b"); return key("go1", "-s") },
		"go.mod": func() string { write("go.mod", "module b"); return key("go1", "-s") },
	} {
		if k := other(); seen[k] {
			t.Errorf("another %s has the key %s, which was there before", what, k)
		} else {
			seen[k] = true
		}
	}
}

func TestLinkerFlags(t *testing.T) {
	flags := linkerFlags("v1.36.3")
	for _, want := range []string{"version.gitVersion=v1.36.3", "version.gitMajor=1 ", "version.gitMinor=36 "} {
		if !strings.Contains(flags, want) {
			t.Errorf("%s lacks %s", flags, want)
		}
	}
}

func TestModuleIn(t *testing.T) {
	dir, err := moduleIn(t.Context(), "tools")
	if err != nil {
		t.Fatal(err)
	}
	if want, err := filepath.Abs("tools"); err != nil || dir != want {
		t.Errorf("got %s, want %s, %v", dir, want, err)
	}
	t.Chdir(t.TempDir())
	if dir, err := moduleIn(t.Context(), "tools"); err == nil {
		t.Errorf("outside the module: got %s", dir)
	}
}

func TestTail(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "a", "a\nb\nc\n": "b\nc"} {
		if got := tail([]byte(text), 2); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
