package tiltfile

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	sl "go.starlark.net/starlark"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/internal/data"
	"github.com/sextant-dev/sextant/starlark/convert"
)

// sameLayout fails if marshalYAML and sigs.k8s.io/yaml write a value differently, or if what
// is known of the string is not what is read of it.
func sameLayout(t *testing.T, what string, v any) {
	t.Helper()
	want, wantErr := yaml.Marshal(v)
	before := fmt.Sprintf("%#v", v)
	got, err := marshalYAML(v)
	if string(got.text) != string(want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("%s: %s\ngot  %q, %v\nwant %q, %v", what, before, got.text, err, want, wantErr)
	}
	if got.documents == nil {
		return
	}
	read, err := data.DecodeYAML11("", string(got.text), nil)
	if err != nil {
		t.Errorf("%s: %q: %v", what, got.text, err)
		return
	}
	known, err := convert.FromGo(got.documents[0])
	if err != nil {
		t.Errorf("%s: %s: %v", what, before, err)
		return
	}
	if equal, err := sl.EqualDepth(known, read, 100); !equal {
		t.Errorf("%s: %q is read as %s, and %s was written (%v)", what, got.text, read, known, err)
	}
}

// TestYAMLLayoutOfRandomValues holds that the short way to Tilt's layout of YAML writes
// the bytes of the long one, whatever the value.
func TestYAMLLayoutOfRandomValues(t *testing.T) {
	const seed = 13
	r := rand.New(rand.NewPCG(seed, seed))
	for range 4_000 {
		sameLayout(t, fmt.Sprintf("seed %d", seed), randomValue(r, 0))
	}
}

func TestYAMLLayoutOfEdges(t *testing.T) {
	for _, v := range []any{
		nil, true, "", "~", "<<", "=", "yes", "\u0085", "a\u2028b", "\ufeff", "\x7f", "\x00\b\f", "😀", "a\n b\n", " a ", "0o17", "1_0", "1:30", "2001-01-01", ".5", "1e3",
		json.Number("0"), json.Number("9223372036854775807"), json.Number("-9223372036854775808"), json.Number("9223372036854775808"), json.Number("18446744073709551616"),
		json.Number(strings.Repeat("9", 400)),
		0.0, math.Copysign(0, -1), 1.0, -2.5, 1e-7, 1e20, 1e21, 1e300, float64(1<<53 - 1), float64(1 << 53), float64(1 << 60), math.MaxFloat64, math.SmallestNonzeroFloat64,
		[]any{}, map[string]any{}, []any{nil, []any{}, []any{[]any{"a"}}, map[string]any{}}, map[string]any{"a1": nil, "a10": "x", "a9": []any{}, "A": map[string]any{"<<": map[string]any{"b": "c"}}},
		map[string]any{strings.Repeat("k", 128): 1.5, strings.Repeat("k", 129): 1.0}, map[string]any{strings.Repeat("k", 1100): "v"}, map[string]any{"a\u0085b": "v"},
		[]any{json.Number("1"), "\u0085", 2.0}, strings.Repeat("long words ", 40), strings.Repeat("x", 5000),
	} {
		sameLayout(t, "edge", v)
	}
}

// TestYAMLLayoutOfManifests is the same for every document of the golden folders.
func TestYAMLLayoutOfManifests(t *testing.T) {
	documents := 0
	err := fs.WalkDir(os.DirFS("../.."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		data, err := os.ReadFile("../../" + path)
		if err != nil {
			return err
		}
		for _, text := range strings.Split(string(data), "\n---") {
			asJSON, err := yaml.YAMLToJSON([]byte(text))
			if err != nil {
				continue // of an error case
			}
			d := json.NewDecoder(strings.NewReader(string(asJSON)))
			d.UseNumber()
			var v any
			if err := d.Decode(&v); err != nil {
				return err
			}
			if v, err = withFloats(v); err != nil {
				return err
			}
			sameLayout(t, path, v)
			documents++
		}
		return nil
	})
	if err != nil || documents < 300 {
		t.Error(documents, err)
	}
}

// randomValue returns a value of the types that goValue returns.
func randomValue(r *rand.Rand, depth int) any {
	kind := r.IntN(10)
	if depth > 4 {
		kind = r.IntN(7)
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return r.IntN(2) == 0
	case 2:
		if r.IntN(8) == 0 {
			return json.Number(fmt.Sprint(r.Uint64()) + fmt.Sprint(r.Uint32()))
		}
		return json.Number(fmt.Sprint(r.Int64() >> r.IntN(64)))
	case 3:
		for {
			if f := math.Float64frombits(r.Uint64()); !math.IsInf(f, 0) && !math.IsNaN(f) {
				return f
			}
		}
	case 4:
		return math.Trunc(math.Ldexp(r.Float64(), r.IntN(80))*4) / 4
	case 5, 6:
		return randomString(r)
	case 7:
		items := make([]any, r.IntN(4))
		for i := range items {
			items[i] = randomValue(r, depth+1)
		}
		return items
	}
	if kind == 8 {
		return map[string]any{randomString(r): randomValue(r, depth+1)}
	}
	m := map[string]any{}
	for i := range r.IntN(5) {
		// The library's order of keys with numbers in them is not the same each time for
		// all keys: "07" < "0x1f" < "1e3" < "07".
		m[string(rune('a'+i))+randomString(r)] = randomValue(r, depth+1)
	}
	return m
}

// randomString returns a string of pieces that YAML, of version 1.1 or of JSON, may take for
// something other than what they are.
func randomString(r *rand.Rand) string {
	pieces := []string{
		"a", "name", "app.kubernetes.io/name", "yes", "No", "on", "y", "null", "~", "true", "<<", "=", "0", "1", "07", "0x1f", "0o7", "1e3", ".inf", "1_000", "12:30", "2001-01-01",
		"-", "- ", ": ", ":", " #", "#", "?", "? ", "*a", "&a", "!", "%", "@", "`", "'", "\"", "\\", "{", "}", "[", "]", ",", "|", ">", " ", "\t", "\n", "\n\n", "\r", "<b>&",
		"\u0085", "\u00a0", "\u2028", "\u2029", "\ufeff", "\ufffd", "\uffff", "\x7f", "\x00", "\x1b", "é", "日本", "😀", "---", "...", "long words that go on ",
	}
	var b strings.Builder
	for range 1 + r.IntN(4) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	if r.IntN(200) == 0 {
		return strings.Repeat(b.String(), 300)
	}
	return b.String()
}

// TestObjectsOfKnownDocuments holds that the string of a blob is parsed only if its
// documents are not known, or have an error, which is that of the string.
func TestObjectsOfKnownDocuments(t *testing.T) {
	pod := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "p"}}
	host := builtins.New(builtins.Options{}).Host()
	unread := builtins.Manifests{Name: "blob", Text: "unread: ["}
	known, err := source{unread, []any{nil, pod}}.entities(host)
	if err != nil || len(known) != 1 || known[0].fullName() != "p:pod:default:core" {
		t.Error(known, err)
	}
	if _, err := (source{Manifests: unread}).entities(host); err == nil {
		t.Error("a string without known documents is not parsed")
	}
	text := builtins.Manifests{Name: "blob", Text: "apiVersion: v1\n"}
	if _, err := (source{text, []any{map[string]any{"kind": "Pod"}}}).entities(host); err == nil || err.Error() != "blob: document 1: the object has no kind" {
		t.Errorf("got %v, want the error of the string", err)
	}
}
