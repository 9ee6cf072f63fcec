package printer_test

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/printer"
)

// TestStubsDefineWhatTheyName: every type that the stubs name is a class of
// theirs or of Python.
func TestStubsDefineWhatTheyName(t *testing.T) {
	var b bytes.Buffer
	if err := printer.Reference(&b, "stubs"); err != nil {
		t.Fatal(err)
	}
	defined := []string{"Any", "Callable", "NoReturn", "None"}
	for _, m := range regexp.MustCompile(`(?m)^class (\w+):`).FindAllStringSubmatch(b.String(), -1) {
		defined = append(defined, m[1])
	}
	named := 0
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, `"""`) || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "from ") {
			continue
		}
		for _, name := range regexp.MustCompile(`\b_?[A-Z]\w*`).FindAllString(line, -1) {
			named++
			if !slices.Contains(defined, name) {
				t.Errorf("%s is defined nowhere: %s", name, line)
			}
		}
	}
	if named < 50 {
		t.Errorf("%d types are named", named)
	}
}
