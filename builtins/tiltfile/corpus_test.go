package tiltfile_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// TestCorpusUsesEveryName holds that the golden folders of Tiltfiles call each
// function of the table and each of its parameters by name or position, and that
// there are as many as were promised.
func TestCorpusUsesEveryName(t *testing.T) {
	root := os.DirFS("../../testdata/tiltfiles")
	var all strings.Builder
	folders := 0
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if d.Name() == "Tiltfile" && !strings.Contains(strings.TrimSuffix(path, "/Tiltfile"), "/") {
			folders++
		}
		if d.Name() != "Tiltfile" && !strings.HasSuffix(path, ".tiltfile") && !strings.HasSuffix(path, ".star") {
			return nil
		}
		data, err := fs.ReadFile(root, path)
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if folders < 40 {
		t.Errorf("%d folders, want 40 or more", folders)
	}
	text := all.String()
	for _, f := range tiltfile.Functions() {
		if tiltfile.Treat(f) == tiltfile.Refused {
			continue
		}
		if !regexp.MustCompile(`(^|[^\w.])` + regexp.QuoteMeta(f.Name) + `\(`).MatchString(text) {
			t.Errorf("no Tiltfile calls %s", f.Name)
		}
	}
	for _, name := range []string{"__file__", "__name__", "TRIGGER_MODE_AUTO", "TRIGGER_MODE_MANUAL", "sys.argv", "os.name", "os.environ", "config.main_path", "config.main_dir", "config.tilt_subcommand"} {
		if !strings.Contains(text, name) {
			t.Errorf("no Tiltfile uses %s", name)
		}
	}
}
