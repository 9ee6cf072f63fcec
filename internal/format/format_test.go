package format

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestSource: archives of "in" and "want", or "want.error".
func TestSource(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives in testdata: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				files[f.Name] = string(f.Data)
			}
			got, err := Source("in", []byte(files["in"]))
			if want, ok := files["want.error"]; ok {
				if err == nil || err.Error() != strings.TrimSpace(want) {
					t.Fatalf("got error %v, want %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != files["want"] {
				t.Errorf("got:\n%s\nwant:\n%s", got, files["want"])
			}
			holds(t, path, files["in"])
		})
	}
}

// TestLineEnds: CRLF becomes LF, in strings too, where the language reads the same.
func TestLineEnds(t *testing.T) {
	got, err := Source("in", []byte("x = 1\r\ny = '''a\r\nb'''\r\n"))
	if want := "x = 1\ny = \"\"\"a\nb\"\"\"\n"; err != nil || string(got) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

// TestByteOrderMark: what some editors write before UTF-8, and the interpreter passes,
// is left out.
func TestByteOrderMark(t *testing.T) {
	src := []byte("\ufeffx=1\n")
	if got, err := Source("in", src); err != nil || string(got) != "x = 1\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := new(Cache).Source(t.Context(), "in", src); err != nil || string(got) != "x = 1\n" {
		t.Errorf("of the cache: got %q, %v", got, err)
	}
	if got, err := new(Cache).Source(t.Context(), "in", []byte("x=1\n\n\ufeffy=1\n")); err == nil {
		t.Errorf("of the cache, with a mark in the middle: got %q", got)
	}
}

// TestCompare: what the last step must see.
func TestCompare(t *testing.T) {
	for _, test := range []struct{ before, after, want string }{
		{"x = 1", "x = 0x1", ""},
		{"x = (1)", "x = 1", ""},
		{"load('a', 'b', c='d')", "load('a', c='d', 'b')", ""},
		{"x = 'a'", `x = "a"`, ""},
		{"x = 1", "x = 1.0", "the printer would change the program"},
		{"x = 'a'", "x = b'a'", "the printer would change the program"},
		{"f(a, b)", "f(b, a)", "the printer would change the program"},
		{"f(a = 1)", "f(b = 1)", "the printer would change the program"},
		{"x = 1\ny = 2", "x = 1", "the printer would change the program"},
		{"load('a', 'b')", "load('a', 'c')", "the printer would change the program"},
		{"load('a', 'b')", "load('c', 'b')", "the printer would change the program"},
		{"while x:\n  pass", "for y in x:\n  pass", "the printer would change the program"},
		{"x = 1 # a", "x = 1", `the printer would change a comment: "# a"`},
		{"x = 1", "x = 1 # b", `the printer would change a comment: "# b"`},
		{"# a\nx = 1", "x = 1 # a", ""},
	} {
		before, err := parse("before", []byte(test.before+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		// Sextant's dialect wants positional symbols of a load first; the tree is what counts.
		after, err := parse("after", []byte(test.after+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := compare(before, after); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%q and %q: got %q, want %q", test.before, test.after, got, test.want)
		}
	}
}

// TestRepository formats every script of this repository.
func TestRepository(t *testing.T) {
	count := 0
	eachScript(t, func(path, text string) {
		count++
		holds(t, path, text)
	})
	if count < 150 {
		t.Errorf("only %d scripts", count)
	}
}

// eachScript calls visit with every script of this repository that parses.
func eachScript(t *testing.T, visit func(path, text string)) {
	script := func(path, text string) {
		if _, err := parse(path, []byte(text)); err == nil { // the others are tests of syntax errors
			visit(path, text)
		}
	}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch base := filepath.Base(path); {
		case isScript(base):
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			script(path, string(text))
		case strings.HasSuffix(base, ".txtar"):
			archive, err := txtar.ParseFile(path)
			if err != nil {
				return err
			}
			for _, f := range archive.Files {
				if isScript(filepath.Base(f.Name)) {
					script(path+":"+f.Name, string(f.Data))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func isScript(name string) bool {
	return strings.HasPrefix(name, "Clusterfile") || strings.HasPrefix(name, "Tiltfile") || strings.HasSuffix(name, ".star")
}

// TestGenerated formats random programs in random layout: 10,000, but fewer
// under the race detector, where each takes ten times as long.
func TestGenerated(t *testing.T) {
	programs := uint64(10_000)
	if raceEnabled {
		programs = 1000
	}
	for seed := range programs {
		holds(t, fmt.Sprintf("seed %d", seed), newProgram(seed))
		if t.Failed() {
			return
		}
	}
}

// holds checks what is promised of any valid source: the same program, and no
// change by a second run. Source itself compares the trees; this compares them
// again, with its result.
func holds(t *testing.T, name, src string) {
	t.Helper()
	once, err := Source("in", []byte(src))
	if err != nil {
		t.Errorf("%s: %v\n%s", name, err, src)
		return
	}
	before, err := parse("before", []byte(src))
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, src)
	}
	after, err := parse("after", once)
	if err != nil {
		t.Fatalf("%s: the result does not parse: %v\n%s", name, err, once)
	}
	if err := compare(before, after); err != nil {
		t.Errorf("%s: %v\n%s\nbecame\n%s", name, err, src, once)
	}
	twice, err := Source("in", once)
	if err != nil || string(twice) != string(once) {
		t.Errorf("%s: a second run changed it (%v):\n%s\nbecame\n%s", name, err, once, twice)
	}
}

func FuzzSource(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(newProgram(seed))
	}
	f.Fuzz(func(t *testing.T, src string) {
		got, err := Source("in", []byte(src))
		if err != nil {
			return
		}
		again, err := Source("in", got)
		if err != nil || string(again) != string(got) {
			t.Fatalf("a second run changed it (%v):\n%s\nbecame\n%s", err, got, again)
		}
	})
}

// TestUnsupported: what cannot be formatted keeps its type, for callers that
// go on with the next file.
func TestUnsupported(t *testing.T) {
	err := error(&UnsupportedError{"Clusterfile", "the layout does not settle"})
	var unsupported *UnsupportedError
	if !errors.As(err, &unsupported) || err.Error() != "Clusterfile: cannot format: the layout does not settle; the file is unchanged" {
		t.Error(err)
	}
	for links, refused := range map[int]bool{maxChain: false, maxChain + 1: true} {
		if _, err := Source("f", []byte("x = 1"+strings.Repeat(" + 1", links)+"\n")); errors.As(err, &unsupported) != refused {
			t.Errorf("a sum of %d: %v", links, err)
		}
	}
}

// program writes random Starlark.
type program struct {
	*rand.Rand
	out   strings.Builder
	depth int
}

func newProgram(seed uint64) string {
	p := &program{Rand: rand.New(rand.NewPCG(seed, 1))}
	if p.IntN(3) == 0 {
		p.out.WriteString(p.pick("load('lib.star', 'zeta', 'alpha', m = \"mid\")\n", "load(\"a.star\",\n  \"y\",\n  # why\n  \"x\")\n"))
	}
	p.block("", 1+p.IntN(3))
	return p.out.String()
}

func (p *program) pick(choices ...string) string { return choices[p.IntN(len(choices))] }

func (p *program) space() string { return p.pick("", " ", " ", "  ") }

func (p *program) block(indent string, statements int) {
	for range statements {
		for range p.IntN(3) {
			p.out.WriteString("\n")
		}
		if p.IntN(4) == 0 {
			p.out.WriteString(indent + p.pick("# a comment", "#tight", "#  wide  ", "#: é ünï") + "\n")
		}
		p.statement(indent)
	}
}

func (p *program) statement(indent string) {
	inner := indent + p.pick("  ", "    ", "\t")
	nested := p.depth < 2
	p.depth++
	defer func() { p.depth-- }()
	head := func(text string) {
		p.out.WriteString(indent + text + p.space() + ":" + p.pick("", "  # why") + "\n")
		p.block(inner, 1+p.IntN(2))
	}
	switch n := p.IntN(10); {
	case n == 0 && nested:
		head("while " + p.expr(1))
	case n == 1 && nested:
		head("for " + p.pick("i", "k, v", "(a, b)") + " in " + p.expr(1))
	case n == 2 && nested:
		head("if " + p.expr(1))
		if p.IntN(2) == 0 {
			head("elif " + p.expr(1))
		}
		if p.IntN(2) == 0 {
			head("else")
		}
	case n == 3 && nested:
		head("def " + p.pick("f", "g") + "(" + p.pick("", "x", "x, y = 1", "*args, **kwargs", "x,\n"+inner+"    y=b'z'") + ")")
	case n == 4:
		p.out.WriteString(indent + p.expr(0) + p.pick("", ";", "; pass") + p.pick("", " # after") + "\n")
	default:
		p.out.WriteString(indent + p.pick("x", "x.y", "x[1]", "a, b") + p.space() + p.pick("=", "=", "+=") + p.space() + p.expr(0) + p.pick("", "", "  # end") + "\n")
	}
}

func (p *program) expr(depth int) string {
	if depth > 2 {
		return p.atom()
	}
	sub := func() string { return p.expr(depth + 1) }
	switch p.IntN(14) {
	case 0:
		return "(" + sub() + ")"
	case 1:
		return "(" + sub() + ")" + p.space() + p.pick("+", "*", "//", "%", "|", "==", "<=") + p.space() + p.atom()
	case 2:
		return "[" + p.list(sub) + "]"
	case 3:
		return "{" + p.pick("", "'k'"+p.space()+":"+p.space()+sub(), "'a': 1,\n 'b': "+sub()+",") + "}"
	case 4:
		return "f(" + p.list(sub) + ")"
	case 5:
		return "f(a" + p.space() + "=" + p.space() + sub() + ", *x, **y)"
	case 6:
		return "(" + sub() + " if " + sub() + " else " + sub() + ")"
	case 7:
		return "[" + sub() + " for x in " + p.atom() + p.pick("", " if x") + "]"
	case 8:
		return "(lambda x" + p.pick("", ", y = 1") + ": " + p.atom() + ")"
	case 9:
		return "(not " + p.atom() + ")"
	case 10:
		return "(" + p.atom() + ")" + p.pick("[1]", "[1:2]", "[::2]", ".attr", ".method()")
	}
	return p.atom()
}

func (p *program) list(sub func() string) string {
	switch p.IntN(5) {
	case 0:
		return ""
	case 1:
		return sub()
	case 2:
		return sub() + "," + sub()
	case 3:
		return "\n        " + sub() + ",\n" + sub() + p.pick("", ",") + "\n  "
	}
	return "\n    # first\n    " + sub() + ", # one\n    " + sub() + ",\n    # last\n"
}

func (p *program) atom() string {
	return p.pick("x", "long_name", "1", "0x1F", "0o17", "1.5e3", "'single'", `"double"`, `'it\'s'`, `'say "hi"'`, `r'raw\d'`, `"""triple
	line"""`, `b"bytes"`, `b'\xff'`, `rb'\d'`, "b'''two\nlines'''", `'\x41\u00e9\n'`, "None", "True", "'é'", "-1", `"fmt0_bytes0_"`)
}
