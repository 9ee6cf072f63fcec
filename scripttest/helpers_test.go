package scripttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv(failingVariable) != "" {
		os.Exit(m.Run())
	}
	goleak.VerifyTestMain(m)
}

// inFolder makes files, alternating names and contents, in a new folder and goes
// there.
func inFolder(t *testing.T, namesAndTexts ...string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for i := 0; i < len(namesAndTexts); i += 2 {
		writeFile(t, namesAndTexts[i], namesAndTexts[i+1])
	}
}

func writeFile(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// unpack makes the files of an archive in a new folder and goes there. Archives
// in the archive have a ">" before each line.
func unpack(t *testing.T, a *txtar.Archive) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range a.Files {
		text := string(f.Data)
		if strings.HasSuffix(f.Name, ".txtar") {
			text = strings.TrimPrefix(strings.ReplaceAll("\n"+text, "\n>", "\n"), "\n")
		}
		writeFile(t, f.Name, text)
	}
}

func test(t *testing.T, c Config, paths ...string) *Report {
	t.Helper()
	report, err := c.Test(t.Context(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func textOf(t *testing.T, r *Report) string {
	t.Helper()
	return writtenBy(t, func(b *strings.Builder) error { return r.Write(b, "text") })
}

func writtenBy(t *testing.T, write func(*strings.Builder) error) string {
	t.Helper()
	var b strings.Builder
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
