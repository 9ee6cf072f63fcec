package manifest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster/manifest/sample"
)

// known is how many shapes a scan of text learns.
func known(t *testing.T, text string) int {
	t.Helper()
	s := newScan(strings.NewReader(text), Options{})
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
	return len(s.fast.shapes.known)
}

func TestWhatIsOneShape(t *testing.T) {
	const text = "a: b # c\nd:\n- e\n# f\ng: |\n  h\n"
	for _, other := range []string{
		text,
		"a: longer\nd:\n- e\n# f\ng: |\n  h\n",
		"a: \"b\"\nd:\n- 'e'\n#\ng: |\n  # x: y\n",
	} {
		if n := known(t, text+"---\n"+text+"---\n"+other); n != 2 { // a marker before it, or none
			t.Errorf("%q: %d shapes", other, n)
		}
	}
	for _, other := range []string{
		"b: b # c\nd:\n- e\n# f\ng: |\n  h\n",
		"a: [b]\nd:\n- e\n# f\ng: |\n  h\n",
		"a: b\nd:\n- e: f\n# f\ng: |\n  h\n",
		"a: b\nd:\n- e\n# f\ng: |\n   h\n",
		"a: b\nd:\n- e\n# f\ng: |\n  h\ni: j\n",
		"a: b\nd:\n- e\n# f\ng: |\n  h\n  i\n",
		"a: \u00e9\nd:\n- e\n# f\ng: |\n  h\n",
	} {
		if n := known(t, text+"---\n"+text+"---\n"+other+"---\n"+text); n != 3 {
			t.Errorf("%q: %d shapes", other, n)
		}
	}
}

func TestAGeneratorsDocumentsHaveFewShapes(t *testing.T) {
	var b bytes.Buffer
	if err := sample.Write(&b, 300); err != nil {
		t.Fatal(err)
	}
	if n := known(t, b.String()); n != 3 {
		t.Errorf("%d shapes, want one each of Deployment, Service and ConfigMap", n)
	}
}

// TestDocumentsOfOneShape follows documents by ones that are alike but for a
// bit of a line: read by their shape, they are what the full scanner reads.
func TestDocumentsOfOneShape(t *testing.T) {
	bits := []string{"", "x", " ", "longer text", "'q'", "\"q\"", "# c", " # c", "- ", "- x", "b: c", "x: ", ":", "[y]", "{}", "|", "&a", "*a", "\t", "\r", "é", "\n", "---", "..."}
	texts := append([]string{
		"# c\nkind: A\nspec:\n  containers:\n  - image: b # c\n    args: [a]\n  - name: c\n    image: 'd'\ndata:\n  e: |\n    # f\n    g: h\n\n    i\n  # j\nk: 1\n",
		"x:\n  - |\n    text\n  -\n    c: d\n  -\n  # e\n",
	}, fastTexts...)
	taken := 0
	for _, text := range texts {
		if strings.HasPrefix(text, "---") || strings.Contains(text, "\n---") || !strings.HasSuffix(text, "\n") {
			continue
		}
		for i := range text {
			for j := i % 24; j < len(bits); j += 24 { // a sample; FuzzShapes tries the rest
				other := text[:i] + bits[j] + text[i+i/24%2:]
				n, err := compareScanners([]byte(text + "---\n" + text + "---\n" + other + "---\n" + text))
				if err != nil {
					t.Fatal(err)
				}
				taken += n
			}
		}
	}
	if taken == 0 {
		t.Error("none is taken")
	}
}

// TestKindsOfOneShape follows kinds that hold images by ones that hold none and
// differ in no line but those of kind and apiVersion.
func TestKindsOfOneShape(t *testing.T) {
	const text = "---\napiVersion: %s\nkind: %s\nmetadata:\n  name: %s\nspec:\n  image: a\n  containers:\n  - image: %[3]s\n"
	for _, kinds := range [][][2]string{
		{{"v1", "Pod"}, {"v1", "Pod"}, {"v1", "Pod"}, {"v1", "Secret"}, {"v2", "Secret"}, {"flink.apache.org/v1", "Pod"}, {"v1", "Pod"}},
		{{"v1", "|-\n  Pod"}, {"v1", "|-\n  Pod"}, {"v1", "|-\n  Pod"}, {"v1", "|-\n  Secret"}, {"v1", "|-\n  Pod"}},
		{{">-\n  v1", "Pod"}, {">-\n  v1", "Pod"}, {">-\n  v1", "Pod"}, {">-\n  flink.apache.org/v1", "Pod"}, {">-\n  v1", "Pod"}},
	} {
		for i := range kinds { // each is the first once
			var b bytes.Buffer
			for n, kind := range slices.Concat(kinds[i:], kinds, kinds) {
				fmt.Fprintf(&b, text, kind[0], kind[1], fmt.Sprint("name-", n))
			}
			if taken, err := compareScanners(b.Bytes()); err != nil || taken != 3*len(kinds)-i {
				t.Errorf("%d taken: %v", taken, err)
			}
		}
	}
}

func FuzzShapes(f *testing.F) {
	for _, text := range fastTexts {
		f.Add([]byte(text), uint16(len(text)/2), uint8(1), []byte("x"))
	}
	f.Fuzz(func(t *testing.T, text []byte, at uint16, cut uint8, bit []byte) {
		i := min(int(at), len(text))
		other := slices.Concat(text[:i], bit, text[min(i+int(cut), len(text)):])
		first := slices.Concat([]byte("---\n"), text, []byte("\n"))
		data := slices.Concat(first, first, []byte("---\n"), other, []byte("\n"), first)
		if _, err := compareScanners(data); err != nil {
			t.Error(err)
		}
	})
}
