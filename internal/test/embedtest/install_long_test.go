//go:build long

package embedtest

import (
	"archive/zip"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestInstall follows the command by which README.md and the tutorial install sextant,
// with this module as a file proxy serves it: it resolves, has no replacement, and
// holds every file that a package embeds. With -n nothing is compiled.
func TestInstall(t *testing.T) {
	const version = "v0.0.1"
	command := regexp.MustCompile(`(?m)^go install (github\.com/sextant-dev/sextant)(/.*)@latest$`)
	var module, folder string
	for _, page := range []string{"README.md", "docs/tutorial.md"} {
		text, err := os.ReadFile(filepath.Join(root, page))
		if err != nil {
			t.Fatal(err)
		}
		match := command.FindStringSubmatch(string(text))
		if match == nil {
			t.Fatalf("%s has no go install", page)
		}
		module, folder = match[1], match[2]
	}

	proxy := t.TempDir()
	dir := filepath.Join(proxy, module, "@v")
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"list":            version + "\n",
		version + ".info": `{"Version":"` + version + `"}`,
		version + ".mod":  string(mod),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	out, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	archive := zip.NewWriter(out)
	if err := zipModule(archive, os.DirFS(root), module+"@"+version); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}

	// What this machine has not downloaded yet comes from where go gets it.
	known, err := exec.CommandContext(t.Context(), "go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	cache, others, _ := strings.Cut(strings.TrimSpace(string(known)), "\n")
	install := exec.CommandContext(t.Context(), "go", "install", "-n", module+folder+"@latest")
	install.Dir = t.TempDir()
	install.Env = append(os.Environ(), "GOPROXY=file://"+proxy+",file://"+filepath.Join(cache, "cache/download")+","+others,
		"GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw", "GOSUMDB=off", "GONOSUMDB=", "GOPRIVATE=", "GONOPROXY=", "GOWORK=off", "GOTOOLCHAIN=local")
	if printed, err := install.CombinedOutput(); err != nil || !strings.Contains(string(printed), "/sextant\n") {
		t.Errorf("go install: %v\n%s", err, printed[max(0, len(printed)-2000):])
	}
}

// zipModule writes the files of a module as a module proxy has them: without those of
// nested modules, and of hidden folders.
func zipModule(archive *zip.Writer, files fs.FS, prefix string) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." {
			_, nested := fs.Stat(files, path.Join(name, "go.mod"))
			if base := path.Base(name); nested == nil || base == "node_modules" || base == "bin" || base == "dist" || strings.HasPrefix(base, ".") {
				return fs.SkipDir
			}
		}
		if !d.Type().IsRegular() {
			return nil
		}
		from, err := files.Open(name)
		if err != nil {
			return err
		}
		defer from.Close()
		to, err := archive.Create(prefix + "/" + name)
		if err != nil {
			return err
		}
		_, err = io.Copy(to, from)
		return err
	})
}
