package data

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	sl "go.starlark.net/starlark"
	sigsyaml "sigs.k8s.io/yaml"
)

// roundTrip encodes a string as a value and as a key, and reads it again as this
// package and as Kubernetes does.
func roundTrip(t *testing.T, text string) {
	t.Helper()
	dict := sl.NewDict(1)
	if err := dict.SetKey(sl.String(text), sl.NewList([]sl.Value{sl.String(text)})); err != nil {
		t.Fatal(err)
	}
	data, err := YAML(dict, 64<<20)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	back, err := DecodeYAML("", string(data))
	if err != nil {
		t.Fatalf("%q: %q: %v", text, data, err)
	}
	if back.String() != dict.String() {
		t.Errorf("%q: wrote %q, read %s", text, data, back)
	}
	if strings.ContainsAny(text, "\r\u0085\u2028\u2029\ufeff") {
		return // line ends of YAML 1.1, which the two readers fold differently
	}
	var other map[string][]any
	if err := sigsyaml.Unmarshal(data, &other); err != nil {
		t.Fatalf("%q: %q: Kubernetes: %v", text, data, err)
	}
	if diff := cmp.Diff(map[string][]any{text: {text}}, other); diff != "" {
		t.Errorf("%q: wrote %q, Kubernetes reads %s", text, data, diff)
	}
}

// hardTexts are strings that a plain scalar would change.
var hardTexts = []string{
	"", " ", "a", " a", "a ", "\ta", "\t\n", "\ta\n\tb", "a\n", "a\nb", "a\nb\n\n", "\na", "  a\nb", "a \nb", "\n", "a\r\nb", "a\tb",
	"yes", "No", "on", "OFF", "y", "N", "true", "False", "null", "~", "Null", "none",
	"1", "-1", "0777", "0o17", "0x1f", "0b1", "1_000", "1.5", ".5", "1e3", "1e", ".inf", ".nan", "1:30", "190:20:30", "12:00:00.5", "+1:2",
	"2026-01-02", "2026-01-02T03:04:05Z", "<<", "=", "==", "-", "- a", "?", ": ", "a: b", "a:b", "a #b", "#a", "&a", "*a", "!a", "|", ">", "%a", "@a", "`a",
	"[", "]", "{}", ",", "'", `"`, `\`, "---", "...", "--- a", "localhost:5000/a@sha256:0", "é", "集", "😀", "\x00", "\x7f", "\u0080", "\ufffd",
	strings.Repeat("k", 2000), strings.Repeat("5", 400), "1e400", "-1e-400", "." + strings.Repeat("5", 400), "0x" + strings.Repeat("f", 400), "-0o" + strings.Repeat("7", 400), "1_" + strings.Repeat("5", 400),
}

func TestYAMLTexts(t *testing.T) {
	for _, text := range hardTexts {
		roundTrip(t, text)
	}
}

// What a tag makes of a scalar is what Kubernetes makes of it, or an error.
func TestYAMLTags(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"!!str 1", `"1"`},
		{"!!int '1'", "1"},
		{"!!float 1", "1.0"},
		{"!!bool 'true'", "True"},
		{"!!null ''", "None"},
		{"!local 1.20", `"1.20"`},
		{"!!binary aGk=", `"hi"`},
		{"!!binary '!'", "f:1:1: !!binary: illegal base64 data at input byte 0"},
		{"!!binary /w==", "f:1:1: !!binary: it is not UTF-8"},
	} {
		got, err := DecodeYAML("f", tt.text)
		text := ""
		if err != nil {
			text = err.Error()
		} else {
			text = got.String()
		}
		if text != tt.want {
			t.Errorf("%s: %s, want %s", tt.text, text, tt.want)
		}
	}
}

// Every short string of the characters that YAML minds, so that no first, last or only
// one is left to the fuzz target's luck.
func TestYAMLShortTexts(t *testing.T) {
	signs := []string{"a", "1", " ", "\t", "\n", "\r", "#", ":", "-", "'", `"`, "\u2028", "\ufeff", "\u0085", "\x00", `\`, "|", "%"}
	const longest = 3
	var extend func(text string, length int)
	extend = func(text string, length int) {
		roundTrip(t, text)
		for _, sign := range signs {
			if length < longest {
				extend(text+sign, length+1)
			}
		}
	}
	extend("", 0)
}

func FuzzYAMLTexts(f *testing.F) {
	for _, text := range hardTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if utf8.ValidString(text) {
			roundTrip(t, text)
		}
	})
}

// FuzzDecodeYAML looks for panics and for values that do not come back.
func FuzzDecodeYAML(f *testing.F) {
	for _, seed := range []string{
		"a: 1\nb: [x, 2.5, null, true]\n", "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n", "&a [*a]", "a: &a {<<: *a}",
		"? [1]\n: 2\n", "{a: 1, a: 2}", "--- 1\n--- 2\n...\n", "!!int x", "!!binary aGk=", "!!set {a}", "- - - - a", strings.Repeat("- ", 20) + "a", "a:\n\tb", "\ufeffa: 1", "1: 2\n1.0: 3\n", "-0o17",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		docs, err := DecodeYAMLStream("f.yaml", text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: an error of several lines: %v", text, err)
			}
			return
		}
		data, err := YAMLStream(sl.NewList(docs), 64<<20)
		if err != nil {
			return // a key that is not a string, a number without a JSON form
		}
		back, err := DecodeYAMLStream("", string(data))
		if err != nil {
			t.Fatalf("%q: %q: %v", text, data, err)
		}
		if same, err := sl.EqualDepth(sl.NewList(docs), sl.NewList(back), 2*MaxDepth); err != nil || !same {
			t.Errorf("%q: %s became %s, %v", text, docs, back, err)
		}
		for _, doc := range docs {
			sameAsLibrary(t, doc)
		}
	})
}

func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{`{"a": [1, 2.5, null, true, "x"]}`, `{"a":1,"a":2}`, "[", "1 2", `"\ud800"`, "-0", strings.Repeat("[", 20) + strings.Repeat("]", 20), "1e400", "\ufeff1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := DecodeJSON("f.json", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.json:") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		data, err := JSON(v, 64<<20)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		back, err := DecodeJSON("", string(data))
		if err != nil {
			t.Fatalf("%q: %q: %v", text, data, err)
		}
		if same, err := sl.EqualDepth(v, back, 2*MaxDepth); err != nil || !same {
			t.Errorf("%q: %s became %s, %v", text, v, back, err)
		}
		sameAsLibrary(t, v)
	})
}

// A merge key that is there twice is a duplicate key like any other.
func TestTwoMergeKeys(t *testing.T) {
	const text = "{a: &a {x: 1, k: 1}, b: &b {x: 2}, c: {<<: *a, <<: *b, z: 3}}"
	const duplicate = `f:1:48: duplicate key "<<"`
	if v, err := DecodeYAML("f", text); err == nil || err.Error() != duplicate {
		t.Errorf("got %v, %v", v, err)
	}
	var warning string
	v, err := DecodeYAML11("f", text, func(message string) { warning = message })
	if err != nil || warning != duplicate+": the last value is taken" {
		t.Fatalf("%v, warning %q", err, warning)
	}
	if got, want := v.String(), `{"a": {"x": 1, "k": 1}, "b": {"x": 2}, "c": {"z": 3, "x": 2, "k": 1}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What Kubernetes reads, and Tilt with it: YAML 1.1, made JSON.
func TestYAML11(t *testing.T) {
	t.Parallel()
	for _, tt := range [][2]string{
		{"y: n", `{"true": False}`},
		{"a: [y, Y, no, on, 'y']", `{"a": [True, True, False, True, "y"]}`},
		{"{1: a, 010: b, 0x10: c, 1_000: d}", `{"1": "a", "8": "b", "16": "c", "1000": "d"}`},
		{"{1.5: a, 1e3: b, .inf: c}", `{"1.5": "a", "1000": "b", ".inf": "c"}`},
		{"{2001-01-01: 2001-01-01}", `{"2001-01-01": "2001-01-01"}`},
		{"{a: 1.0, b: 12e03, c: -0.5, d: 1e300}", `{"a": 1, "b": 12000, "c": -0.5, "d": 1e+300}`},
		{"a: !!binary aGVs\n  bG8=", `{"a": "hello"}`},
		{"a: !!str 1", `{"a": "1"}`},
		{"a: " + strings.Repeat("7", 310), `{"a": "` + strings.Repeat("7", 310) + `"}`},
		{"~: a", `y:1:1: NoneType cannot be a key`},
		{"[a]: b", `y:1:1: list cannot be a key`},
		{"a: !!binary =", `y:1:4: !!binary: illegal base64 data at input byte 0`},
	} {
		v, err := DecodeYAML11("y", tt[0], func(string) {})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = v.String()
		}
		if got != tt[1] {
			t.Errorf("%q: %s, want %s", tt[0], got, tt[1])
		}
	}

	var warned []string
	if _, err := DecodeYAML11("y", "1: a\n'1': b", func(m string) { warned = append(warned, m) }); err != nil || len(warned) != 1 {
		t.Errorf("two keys that are one in JSON: error %v, warnings %q", err, warned)
	}
}
