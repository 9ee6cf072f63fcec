package yamltree

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// view is a node as both scanners must see it.
type view struct {
	Key, Text        string
	KeyStart, KeyEnd uint32
	Start, End       uint32
	Parent, Next     int32
	Kind             Kind
	Style            Style
	Symbol           Symbol
	Flow             bool
	Target           int32
}

func views(t *Tree) []view {
	var out []view
	for i := range t.Nodes {
		n, d := int32(i), t.Nodes[i]
		s := view{
			Key: t.Name(n), KeyStart: d.KeyStart, KeyEnd: d.KeyEnd, Start: d.Start, End: d.End,
			Parent: d.Parent, Next: d.Next, Kind: d.Kind, Style: d.Style, Symbol: d.Key, Flow: d.Flow(), Target: t.Resolve(n),
		}
		if d.Parent < 0 || t.Nodes[d.Parent].Kind == Sequence {
			s.Key, s.KeyStart, s.KeyEnd = "", 0, 0
		}
		if d.Kind == Scalar {
			s.Text = t.Text(n)
		} else if d.Kind != Alias {
			s.End = 0
		}
		if d.Kind == Scalar && d.Start == d.End && s.KeyEnd == 0 {
			s.Start, s.End = 0, 0 // the parser places a null item at what follows
		}
		out = append(out, s)
	}
	return out
}

var testSymbols = NewSymbols([]string{"a", "b", "image", "spec", "containers", "metadata", "kind"}, func(s Symbol) bool { return s%2 == 0 })

// padded returns data with slack behind it.
func padded(data []byte) []byte {
	text := append(make([]byte, 0, len(data)+Slack), data...)
	for i := range Slack {
		text[:cap(text)][len(text)+i] = '\n'
	}
	return text
}

// compareScanners reads data with both scanners, document by document, and returns
// how many the fast one took.
func compareScanners(data []byte) (taken int, err error) {
	text := padded(data)
	r := NewReader(testSymbols)
	r.fast.tree, r.full.tree = &r.Tree, &r.Tree
	for start := 0; start < len(text); {
		r.Tree.Reset(text)
		end, ok := r.fast.document(start)
		if !ok {
			start, _ = documentEnd(text, start)
			continue
		}
		taken++
		if want, _ := documentEnd(text, start); end != want && len(r.Tree.Nodes) > 0 {
			return taken, fmt.Errorf("the document ends at %d, by the fast scanner at %d: %q", want, end, text[start:])
		}
		got, marks := views(&r.Tree), append([]int32(nil), r.Tree.Marks...)
		r.Tree.Reset(text)
		if err := r.full.scan(start, end); err != nil {
			return taken, fmt.Errorf("the fast scanner takes what the full one refuses: %v\n%q", err, text[start:end])
		}
		want := views(&r.Tree)
		if diff := cmp.Diff(want, got); diff != "" {
			return taken, fmt.Errorf("scanners differ (-full +fast) on %q:\n%s", text[start:end], diff)
		}
		if diff := cmp.Diff(append([]int32(nil), r.Tree.Marks...), marks); diff != "" {
			return taken, fmt.Errorf("scanners differ in marks (-full +fast) on %q:\n%s", text[start:end], diff)
		}
		start = end
	}
	return taken, nil
}

// fastTexts are documents that the fast scanner has to take, each of them.
var fastTexts = []string{
	"a: 1\n",
	"a: 1",
	"a:\n  b:\n    c: d\n  e: f\ng: h\n",
	"a:\n- b\n- c\nd: e\n",
	"a:\n  - b\n  - c\nd: e\n",
	"- a\n- b: c\n  d: e\n- - f\n  - g\n-\n  h: i\n-\n- j\n",
	"a: # comment\n  b: c # comment\n# comment\n  # comment\n  d: e#f\n",
	"a: 'it''s'\nb: \"x \\\" y\"\nc: \"\"\nd: ''\n",
	"a: 'x' # c\nb: \"y\" # c\n",
	"a: |\n  text\n   more\n\n  text: x\n# comment\nb: >-\n    folded\n    text\n\nc: d\n",
	"a: |+\n  text\n\n\nb: |-\n  text\n",
	"a: |\n\n\n  text\nb: >\n  one\n  two\n\n  three\n    deep\n  four\n",
	"- |\n  x\n- >-\n  y\n",
	"a:\n- |\n  x\n- y\n",
	"a: {}\nb: []\nc: {d: e, \"f\": 'g', h: [i, \"j\", {k: l}]}\nm: [a:b, c/d@e]\n",
	"{\"a\": {\"b\":\"c\"}, \"d\": []}\n",
	"[a, b]\n",
	"---\na: b\n",
	"--- # comment\na: b\n",
	"# only a comment\n",
	"a:\nb:\n  c:\n  d:\n",
	"a: b:c\nd: http://e/f#g\nh: --i=j\nk: -1\nl: ~\n",
	"\"a\": b\n'c': d\n",
	"a: b\r\nc:\r\n  - d\r\n\r\n  # comment\r\ne: |\r\n  text\r\n  text\r\nf: 'g'\r\n",
	"a: grüße\n# ñ\nb: |\n  日本語\n",
	"a: |\n  tab\n  \tx\ty\n# a\tb\n",
	"  a: b\n  c: d\n",
	"a:   b   \nc:    # x\n  d: e\n",
	"spec:\n  containers:\n  - name: a\n    image: b\n  volumes: []\nkind: Pod\n",
	"a: 1\n---\nb: 2\n---\n# nothing\n---\nc: 3\n",
	"- a # b: c\n- d: e # f: g\n",
	"a: b\n  c\nd: e\n  f\n\n  g\n\n\n\n   h # i\nj: k\n", "a:\n  b\nc:\n  'd'\ne:\n  [f]\ng:\n  |\n  h\n", "- a\n  b\n-\n  c\n   d\n- e: f\n   g\n  h: i\n",
	"a: b\n  - c\n  # d\n", "a: b\r\n  c\r\n\r\n  d\r\ne: f\r\n", "a:\n- b\n c\n",
	"a: \"b\n  c\n\n\n  d \\\n   \\ e\\n\\x41\\u00e9\\U0001F600\"\nf: 'g''\n\n  h  \n\t i\tj' # k\nl: \"m\r\n  n\\\r\n  o\"\r\n",
	"a: [b\n  , c,\n d, ]\ne: {f: g\n}\nh: [\n  # i\n  j k, # l\n  {m: n, \"o\":\n  p},\n]\nq: {r: s t , u : v}\n",
	"a: \"\\_\\N\\L\\P\\e\\0\\v\"\nb: \"c\\_\\\n  \\ d\"\n", "--- {a: b, c: d}\n--- [a] # b\n---   {}\n",
	"a: [b\n  c d,\n  e\n\n\n  f # g\n  , h\n - \"i\n  - j ]\nk: {l: m\n  n&o\n\n  *p, q: r\n\n}\n", "a: [b\r\n  c,\r\n  d\r\n]\r\n",
	"{\n  \"a\": [\n    1,\n    {\"b\": null}\n  ]\n}\n", "{\r\n\t\"a\": 1,\r\n\t\"b\": []\r\n}\r\n",
	"$patch: a\n\"f:b\": c\nf:d: e\ng h: i\nj : k\nl#m: n\n", "f:a:\n  k:{\"b\":\"c\"}:\n    .: {}\n    f:d: {}\n", "- \"f:a\": b\n  'c d': e\n- \"g\"\n- 'h' # i\n",
	"a: &x b\nc: *x\nd: &y\n  e: f\ng: &z [h, *x]\ni: {j: &k l, m: *k}\nn: *y # o\n", "a: &x\n- b\nc: &y\nd: &z |\n  e\nf:\n- *x\n- &w\n  g: h\n- &v i\n- *v\n",
	"a: &x {b: c}\nd:\n  <<: *x\n  e: f\ng:\n  <<: [*x, *x]\n\"<<\": 1\n", "a:\n  &x b\nc:\n  *x\nd: &x e\nf: *x\ng: *x\n", "a:\n  &x\n  b: c\n",
	"a: |2\n    b\n   c\n\nd: >2-\n\n\n    e\n  f\n  g\nh: |-1\n i\nj: |+3 # k\n\n     \n    l\n\nm: |2\n", "a:\n- |2\n     \n  b\n- >1+\n  c\n d\n", "a:\r\n  b: |2-\r\n\r\n      c\r\n    d\r\n", "a:\n  b: |9\n  c: |1\n    d\n\n   e",
	"a: |+\n\n\n", "a: >-\n", "a: |\n\nb: c\n", "a: |\n", "- |\n- >+\n\n",
	"é: ü\n'è': 1\n", "a: é\n  ü\n", "a: http://b?c=d&e\n", "\"a\\\"b\": 1\n'c''d': 2\n\"e\\x41\": 3\n\"sp\\x65c\": 4\n'a': 5\n",
}

func TestScannersAgreeOnWhatTheFastOneTakes(t *testing.T) {
	for _, text := range fastTexts {
		taken, err := compareScanners([]byte(text))
		if err != nil {
			t.Error(err)
		}
		if taken == 0 {
			t.Errorf("the fast scanner refuses %q", text)
		}
	}
}

// TestFastScannerTakesEachCRLFDocument holds that a document's marker is left to it.
func TestFastScannerTakesEachCRLFDocument(t *testing.T) {
	text := strings.Repeat("---\r\na: b\r\n", 10) + strings.Repeat("---\na: b\n---\r\n c: d\r\n", 10)
	if taken, err := compareScanners([]byte(text)); err != nil || taken != 30 {
		t.Errorf("%d taken, want 30: %v", taken, err)
	}
}

// otherTexts are ones that it may refuse, and must not take wrongly.
var otherTexts = []string{
	"a: |\n  \tb\n", "a: \"\\/\"\n", "a: {b: c\n\t\n}\n", "a: [b\n\n \t# c\n]\n", "a:\n  b: [c,\n \td]\n",
	"a: b\n  c\n", "a: b\n c: d\n", "a:\n  b: c\n d: e\n", "a: b\na: c\n", "a:\n  b: 1\n  b: 2\n",
	"a: b: c\n", "a: 'b\n", "a: \"b\n c\"\n", "a: 'b' c\n", "a: [b\n  , c]\n", "a: {b: c\n}\n",
	"a: &x b\nc: *x\n", "a: !!str b\n", "? a\n: b\n", "a: |2\n    b\n", "a: |\n    b\n  c\n",
	"a: |\n      \n  b\n", "a: |\n\tb\n", "a:\tb\n", "\ta: b\n", "a: b\t\n", "a: b\rc: d\n", "a: b\r",
	"a: [b\n---\nc]\n", "a: [b\n# c\n]\n", "a: [b\n# c\nd]\n", "a: [b\n\tc]\n", "a: [b\nc: d]\n", "a: {b\n c: d}\n", "a: {b\n : d}\n", "a: [b\n? c]\n", "a: [b\n [c]]\n", "a: [b\rc]\n", "a: [b\n  \t\n c]\n", "--- {a: b}\nc: d\n", "---\t{a: b}\n", "--- {a: b}: c\n", "--- [a]\n...\n", "a: b\n--- {c: d}\n", "a: [b\n", "a: [b\n ", "a: [b\n\"c\"]\n",
	"a: |2\n b\n", "a: |0\n b\n", "a: |10\n b\n", "a: |-2-\n  b\n", "a: |2\n\tb\n", "a: |2\n  \tb\n", "a:\n  b: |2\n   c\n", "a: |2\n# b\nc: d\n", "- - |1\n   a\n", "|2\n  a\n", "a: |2\n     ", "a: >2\n   \n    b\n\n   c\n  d\n  \n",
	"a\n", "a:b\n", "a\nb: c\n", "- a\nb: c\n", "a: b\n- c\n", "a: - b\n", "a: @b\n", "a: `b`\n", "a: %b\n", "%a: b\n",
	"%YAML 1.2\n---\na: b\n", "a: b\n...\n", "a: b\n...\nc: d\n", "--- a\n", "--- |\n a\n", "---\ta: b\n", "---\n...\na: b\n", "---\n# c\n...\na: b\n", "----\n", "a: b\n----\n",
	"a: \u0085b\n", "a: b\u2028c: d\n", "\ufeffa: b\n", "a: \ufeffb\n", "a: \x00b\n", "a: \xff\n", "a: \x7f\n", "a: \u0081\n", "0: 0\x1f000",
	"{a: b}\nc: d\n", "{a: b} # c\n", "[a]: b\n", "{a: b}: c\n", "a: {b: c, b: d}\n", "a: {b}\n", "a: {b: }\n", "a: [b,]\n", "a: [,]\n",
	"a: {b:c}\n", "a: {\"b\":c}\n", "a: {'b' : c}\n", "a: [b c]\n", "a: [-]\n", "a: [- b]\n", "a: [b:]\n", "a: [b#c]\n", "a: [b #c]\n", "a: [b]#c\n",
	"a: \"\\x41\"\n", "a: \"\\q\"\n", "a: \"\\/\"\n", "<<: a\n", "<<: {a: b}\n", "a: #b\n", "a:  #b\n", "a: |#b\n  c\n", "a: | #b\n  c\n", "a: |-+\n  c\n",
	"-a: b\n", "-\n", "- \n", "- -\n", "- - - a\n", "- a: b\n c: d\n", "- a: b\n   c: d\n", "-  a: b\n   c: d\n", "a:\n- b\n c: d\n",
	"a:\n # c\n - b\n# c\n - d\n", "a:\n  # c\n# d\n  b: c\n", "a: |\n  b\n # c\nd: e\n", "a: |\n  b\n   # c\nd: e\n", "a:\n  b: |\n    c\n   # d\n  e: f\n",
	"\"a\" : b\n", "\"a\":b\n", "\"\": a\n", "'': a\n", "a : b\n", "a.b/c_d-e: f\n", ".a: b\n", "/a: b\n", "1: b\n\"1\": c\n", "null: b\n~: c\n",
	"a: 'b\\'\n", "a: \"b\\\n", "a: b # c\n  d\n", "a:\n  b\n", "a:\n  'b'\n", "a:\n  [b]\n", "a:\n  |\n  b\n", "- a\n  b\n", "-\n  - a\n - b\n",
	"a: ''''\n", "a: ''b''\n", "a: \"\"\"\"\n", "a: !b\n", "a: ?b\n", "a: :b\n", "a: ,b\n", "a: ]\n", "a: }\n", "a: >b\n", "a: |b\n",
	"a: b\n\n\n\n  \n", " \n", "\n", "", " a: b\nc: d\n", "# a\n b: c\n# d\n e: f\n", "a:\n\n  b: c\n\n", "a: {b: {c: {d: e}}}\n", "a: []]\n", "a: {}}\n", "a: [[b], [c, [d]]]\n",
	"a: |\n  b\n---\nc: d\n", "a: |\n  ---\n  b\n---\nc: d\n", "a: 'b\n---\nc'\n", "a: |\n...\nb\n", "a: |\n", "a: |", "a: >-\n\n", "a: |+\n\n\n", "a: |\n   \n", "a: |\n  b\n   \n \nc: d\n", "a: >\n  b\n  \n  c\n   d\n\n  e\n",
	"a: -\n", "a: - \n", "a: --- b\n", "a: ...\n", "a: b---\n", "- ---\n", "- ...\n", "a: |\n  b\n\r\n  c\n", "a: |\r\n  b\n  c\r\n", "a: b\n\r\nc: d\r\r\n",
}

func TestScannersAgreeOnTheRest(t *testing.T) {
	for _, text := range otherTexts {
		if _, err := compareScanners([]byte(text)); err != nil {
			t.Error(err)
		}
	}
}

func TestFastScannerRefusesAKeyWrittenTwice(t *testing.T) {
	for _, text := range []string{"a: 1\na: 2\n", "a: 1\nb:\n  a: 1\n\"a\": 2\n", "a: {b: 1, b: 2}\n", "- a: 1\n  a: 2\n"} {
		if taken, _ := compareScanners([]byte(text)); taken > 0 {
			t.Errorf("it takes %q", text)
		}
	}
}

// TestFastScannerTakesEveryLength moves keys, values and line ends over the words that the
// scanner looks at, also behind characters that only end a key or a value in some places.
func TestFastScannerTakesEveryLength(t *testing.T) {
	long := strings.Repeat("a.b-c/d_", 5)
	for key := 1; key < len(long); key++ {
		for _, value := range []string{"x!#y", "-z", "$(a:b)", "two words", "<<", "a:b#c:d"} {
			for _, size := range []int{0, 1, 3, 6, 7, 8, 9, 14, 15, 16, 17} {
				indent := strings.Repeat(" ", size)
				text := long[:key] + ":\n" +
					indent + "- " + value + long[:size] + "\n" +
					indent + "- " + long[:key] + ": " + value + long[:size] + " # c\n" +
					indent + "  image: '" + long[:size] + "'\n"
				if taken, err := compareScanners([]byte(text)); err != nil || taken != 1 {
					t.Fatalf("%d taken, %v\n%s", taken, err, text)
				}
			}
		}
	}
}

// TestFastScannerKnowsManyKeys goes past the numbered keys.
func TestFastScannerKnowsManyKeys(t *testing.T) {
	var text []byte
	for i := range 800 {
		text = fmt.Appendf(text, "key%d: %d\n", i, i)
	}
	if taken, err := compareScanners(text); err != nil || taken != 1 {
		t.Error(taken, err)
	}
	text = append(text, "key700: again\n"...)
	if taken, _ := compareScanners(text); taken != 0 {
		t.Error("it takes a key twice")
	}
}

func FuzzScanners(f *testing.F) {
	for _, text := range append(fastTexts, otherTexts...) {
		f.Add([]byte(text))
	}
	files, _ := filepath.Glob("../../testdata/corpus/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 10000 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := compareScanners(data); err != nil {
			t.Error(err)
		}
	})
}
