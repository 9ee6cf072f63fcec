package extensions_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/builtins/tiltfile/extensions"
)

// TestEveryStandInHasAGolden: each stand-in, and each of its functions, is in a
// golden folder.
func TestEveryStandInHasAGolden(t *testing.T) {
	folders, err := filepath.Glob("../../../testdata/tiltfiles/*/Tiltfile")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	var scripts strings.Builder
	for _, name := range folders {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		scripts.Write(data)
	}
	docs, err := os.ReadFile("../../../docs/extensions.md")
	if err != nil {
		t.Fatal(err)
	}
	function := regexp.MustCompile(`(?m)^def ([a-z]\w*)\(`)
	for _, name := range extensions.Names() {
		if !strings.Contains(scripts.String(), `load("ext://`+name+`"`) {
			t.Errorf("no golden folder loads ext://%s", name)
		}
		if !strings.Contains(string(docs), "\n| `"+name+"` |") {
			t.Errorf("docs/extensions.md has no row of %s", name)
		}
		source, err := extensions.Read(name + "/Tiltfile")
		if err != nil {
			t.Error(err)
		}
		if !strings.HasPrefix(string(source), `"""`) {
			t.Errorf("%s begins with no sentence about it", name)
		}
		for _, m := range function.FindAllStringSubmatch(string(source), -1) {
			if !regexp.MustCompile(`\b` + m[1] + `\(`).MatchString(scripts.String()) {
				t.Errorf("no golden folder calls %s of %s", m[1], name)
			}
		}
	}
}

func TestRead(t *testing.T) {
	if names := extensions.Names(); !slices.IsSorted(names) || !slices.Contains(names, "tests/golang") {
		t.Errorf("got %q", names)
	}
	if _, err := extensions.Read("none/Tiltfile"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
