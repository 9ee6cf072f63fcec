package data

import (
	"bytes"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sl "go.starlark.net/starlark"
	"go.yaml.in/yaml/v3"
)

// node makes the node that the library writes a value from.
func node(v sl.Value) *yaml.Node {
	switch v := v.(type) {
	case *sl.Dict:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for k, e := range v.Entries() {
			n.Content = append(n.Content, node(k), node(e))
		}
		return n
	case *sl.List:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for e := range v.Elements() {
			n.Content = append(n.Content, node(e))
		}
		return n
	case sl.String:
		n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(v)}
		switch {
		case strings.HasPrefix(n.Value, "\t"), looksTyped().MatchString(n.Value), strings.ContainsAny(n.Value, "\r\u0085\u2028\u2029"):
			n.Style = yaml.DoubleQuotedStyle
		case strings.Contains(n.Value, "\n"):
			n.Style = yaml.LiteralStyle
		}
		return n
	case sl.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(bool(v))}
	case sl.Int, sl.Float:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// hasOddKey reports whether a value has a key that the library writes after a
// question mark: a long one, or one of several lines.
func hasOddKey(v sl.Value) bool {
	switch v := v.(type) {
	case *sl.Dict:
		for k, e := range v.Entries() {
			if s, _ := sl.AsString(k); len(s) > 100 || strings.ContainsAny(s, "\n\r\u0085\u2028\u2029") || hasOddKey(e) {
				return true
			}
		}
	case *sl.List:
		for e := range v.Elements() {
			if hasOddKey(e) {
				return true
			}
		}
	}
	return false
}

// sameAsLibrary holds the writer to what the YAML library writes for the same
// value, or if that has odd keys, to what it reads.
func sameAsLibrary(t *testing.T, v sl.Value) {
	t.Helper()
	got, err := YAML(v, 64<<20)
	if err != nil {
		return // it has no form
	}
	text, err := JSON(v, 64<<20)
	if err != nil {
		t.Fatal(err)
	}
	if v, err = DecodeJSON("", string(text)); err != nil {
		t.Fatal(err)
	}
	if hasOddKey(v) {
		back, err := DecodeYAML("", string(got))
		if same, failed := sl.EqualDepth(v, back, 2*MaxDepth); err != nil || failed != nil || !same {
			t.Errorf("%s became %s: %v\n%s", v, back, err, got)
		}
		return
	}
	var want bytes.Buffer
	e := yaml.NewEncoder(&want)
	e.SetIndent(2)
	if err := e.Encode(node(v)); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.String(), string(got)); diff != "" {
		t.Errorf("%s\n-library +ours\n%s", v, diff)
	}
}

// edgeStrings are strings on the edges of what needs quotes.
var edgeStrings = []string{
	"", "a", "a b", "a: b", "a:", "a #b", "#a", "- a", "-", "a-", "nginx:1.2", "http://x/y?z=1", "true", "True", "yes", "NO", "y", "on", "null", "~", "nullx",
	"1", "1.5", "0x1f", "1e3", "1_000", "12:30", "2026-01-02", ".5", "-1", "+1", "=", "<<", "@a", "`a", "%a", "!a", "&a", "*a", "|", ">", "?", "? a", "[a", "{a", "a]", ",a", "a, b",
	" a", "a ", "a\n", "a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "a\n b\n", "a\n\tb\n", "\ta", "a\tb", "a\r\nb", "a\u2028b", "\u00e9", "\x00", "\ufeff", "'a'", "\"a\"", "a'b", "a\\b",
	"/a/b", "_x", "$HOME", "${A}", "a$", "(a)", "a+b", "a=b", strings.Repeat("k", 127), strings.Repeat("k", 128), strings.Repeat("k", 129), strings.Repeat("k", 1001), strings.Repeat("k: ", 400), strings.Repeat("word ", 60), "-v", "--port=80", "--", "---", "--- a", "-1a", "-.inf", "-a b", "-a: b", "08", "0o7", "00", "99999999999999999999", "truE", "Null", "nul", "Infinity", ".inf", "e1", "n", "off ", "false",
}

// TestYAMLIsTheLibrarys: in every place that a value can have, the writer agrees
// with the library.
func TestYAMLIsTheLibrarys(t *testing.T) {
	list := func(items ...sl.Value) sl.Value { return sl.NewList(items) }
	dict := func(pairs ...sl.Value) sl.Value {
		d := &sl.Dict{}
		for i := 0; i < len(pairs); i += 2 {
			if err := d.SetKey(pairs[i], pairs[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		return d
	}
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	values := []sl.Value{sl.None, sl.True, sl.False, sl.MakeInt(0), sl.MakeInt(-7), sl.MakeBigInt(huge), sl.Float(1.5), sl.Float(1e30), list(), dict(), list(list()), list(dict()), dict(sl.String("k"), list()), dict(sl.String("k"), dict())}
	for _, s := range edgeStrings {
		values = append(values, sl.String(s))
	}
	for _, v := range values {
		t.Run(fmt.Sprintf("%.20s", v), func(t *testing.T) {
			k := sl.String("k")
			for _, place := range []sl.Value{
				v, list(v), list(v, v), list(list(v), v), list(list(list(v, v)), v), dict(k, v), dict(k, v, sl.String("l"), v), dict(k, list(v, dict(k, v))),
				list(dict(k, v, sl.String("l"), list(v))), dict(k, dict(k, dict(k, v), sl.String("l"), v)), list(dict(k, dict(k, v)), list(dict(k, v))),
			} {
				sameAsLibrary(t, place)
			}
			if s, ok := v.(sl.String); ok {
				for _, place := range []sl.Value{dict(s, k), dict(k, k, s, list(k)), list(dict(s, dict(s, k))), dict(k, dict(s, k, k, s))} {
					sameAsLibrary(t, place)
				}
			}
		})
	}
}

func BenchmarkYAML(b *testing.B) {
	v, err := DecodeYAML("", strings.Repeat("- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web, labels: {app: web, tier: \"1\"}}\n"+
		"  spec:\n    replicas: 3\n    template:\n      spec:\n        containers:\n        - {name: web, image: \"nginx:1.2\", args: [\"--port=80\", \"-v\"], env: [{name: A, value: \"true\"}]}\n", 500))
	if err != nil {
		b.Fatal(err)
	}
	out, err := YAML(v, 64<<20)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(out)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := YAML(v, 64<<20); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkYAMLByLibrary is the same by way of JSON and of the library's nodes.
func BenchmarkYAMLByLibrary(b *testing.B) {
	v, err := DecodeYAML("", strings.Repeat("- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web, labels: {app: web, tier: \"1\"}}\n"+
		"  spec:\n    replicas: 3\n    template:\n      spec:\n        containers:\n        - {name: web, image: \"nginx:1.2\", args: [\"--port=80\", \"-v\"], env: [{name: A, value: \"true\"}]}\n", 500))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		text, err := JSON(v, 64<<20)
		if err != nil {
			b.Fatal(err)
		}
		again, err := DecodeJSON("", string(text))
		if err != nil {
			b.Fatal(err)
		}
		var out bytes.Buffer
		e := yaml.NewEncoder(&out)
		e.SetIndent(2)
		if err := e.Encode(node(again)); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(out.Len()))
	}
}
