package table_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins/internal/table"
)

type state struct{ calls int }

var levels = table.Parsed(func(s string) (int, error) {
	if s != "low" && s != "high" {
		return 0, fmt.Errorf("%q is not a level: use low or high", s)
	}
	return len(s), nil
})

// rows has a parameter of each form. The results show what the body reads.
func rows() []table.Row[*state] {
	type row = table.Row[*state]
	return []row{
		{
			Name: "make", Returns: "str", Doc: "Makes.", Define: func(p *table.Params) table.Body[*state] {
				name := table.Required(p, "name", table.Str, "The name.")
				deep := table.Optional(p, "deep", table.Bool, sl.False, "Whether deep.")
				tags := table.Optional(p, "tags", table.OneOrMore, sl.NewList(nil), "Tags.")
				env := table.Optional(p, "env", table.StrDict, table.EmptyDict, "Variables.")
				level := table.Optional(p, "level", levels, sl.String("low"), "The level.")
				file := table.Optional(p, "file", table.OrNone(table.Str), sl.String("F"), "The file.")
				return func(s *state, c *table.Call) (sl.Value, error) {
					s.calls++
					return sl.String(strings.TrimSpace(fmt.Sprintln(name.Of(c), deep.Of(c), tags.Of(c), env.Of(c), level.Of(c), file.Of(c), file.Given(c)))), nil
				}
			},
		},
		{
			Name: "join", Returns: "str", Doc: "Joins.", Define: func(p *table.Params) table.Body[*state] {
				words := table.Rest(p, "words", table.Str, "The words.")
				sep := table.Optional(p, "sep", table.Str, sl.String(" "), "The separator.")
				return func(_ *state, c *table.Call) (sl.Value, error) {
					if len(words.Of(c)) == 0 {
						return nil, words.Errorf(c, "no words")
					}
					return sl.String(strings.Join(words.Of(c), sep.Of(c))), nil
				}
			},
		},
		{
			Name: "a.b.get", Returns: "any", Doc: "Gets.", Declares: true, Define: func(p *table.Params) table.Body[*state] {
				host := table.Required(p, "host", table.OrNone(table.Str), "The host.")
				fallback := table.Optional(p, "default", table.Any, table.Unset, "Instead.")
				return func(_ *state, c *table.Call) (sl.Value, error) {
					return sl.String(fmt.Sprintf("%q %v %v", host.Of(c), fallback.Of(c), fallback.Given(c))), nil
				}
			},
		},
	}
}

func TestCalls(t *testing.T) {
	tests := []struct{ expr, want string }{
		{`make("x")`, `x false [] [] 3 F false`},
		{`make("x", True, "t", {"k": "v"}, "high", "G")`, `x true [t] [{k v}] 4 G true`},
		{`make(level="high", name="x", tags=("a", "b"))`, `x false [a b] [] 4 F false`},
		{`make("x", tags=set(["a"]), file=None)`, `x false [a] [] 3 F false`},
		{`make()`, `make: missing argument "name"`},
		{`make(1)`, `make: for parameter "name": got int, want str`},
		{`make(None)`, `make: for parameter "name": got None, want str: os.getenv() returns None for a variable that is not set; give it a default`},
		{`make("x", file=1)`, `make: for parameter "file": got int, want str | None`},
		{`make("x", tags={"a": 1})`, `make: for parameter "tags": got dict, want str | list[str]`},
		{`make("x", env={"a": 1})`, `make: for parameter "env": got dict, want dict[str, str]`},
		{`make("x", level="lo")`, `make: for parameter "level": "lo" is not a level: use low or high`},
		{`make("x", name="y")`, `make: got more than one value for parameter "name"`},
		{`make("x", lvel="low")`, `make: unexpected keyword argument "lvel" (did you mean "level"?)`},
		{`make(1, 2, 3, 4, 5, 6, 7)`, `make: got 7 positional arguments, want at most 6`},
		{`join("a", "b")`, `a b`},
		{`join("a", "b", sep="-")`, `a-b`},
		{`join("a", 1)`, `join: for element 2: got int, want str`},
		{`join()`, `join: for parameter "words": no words`},
		{`join(**{"*words": "a"})`, `join: unexpected keyword argument "*words"`},
		{`a.b.get(None)`, `"" <nil> false`},
		{`a.b.get("h", None)`, `"h" None true`},
	}
	names := sl.StringDict{}
	s := &state{}
	table.New(rows()...).Declare(names, s, func(*table.Call) error { return nil })
	for _, tt := range tests {
		v, err := sl.EvalOptions(&syntax.FileOptions{Set: true}, new(sl.Thread), "x", tt.expr, names)
		got, _ := sl.AsString(v)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, tt.want) || err == nil && got != tt.want {
			t.Errorf("%s\ngot  %s\nwant %s", tt.expr, got, tt.want)
		}
	}
	if s.calls != 4 {
		t.Errorf("make ran %d times", s.calls)
	}
}

// TestEnter: a call that enter refuses does not reach its body, and enter sees
// what the function is.
func TestEnter(t *testing.T) {
	refused := errors.New("refused")
	s := &state{}
	tab := table.New(rows()...)
	var seen []string
	enter := func(c *table.Call) error {
		seen = append(seen, fmt.Sprint(c.Name(), " ", c.Declares()))
		return refused
	}
	for name, arg := range map[string]sl.Value{"make": sl.String("x")} {
		if _, err := sl.Call(new(sl.Thread), tab.Bind(name, s, enter), sl.Tuple{arg}, nil); !errors.Is(err, refused) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := sl.Call(new(sl.Thread), tab.Bind("a.b.get", s, enter), sl.Tuple{sl.None}, nil); !errors.Is(err, refused) {
		t.Errorf("a.b.get: got %v", err)
	}
	if got := strings.Join(seen, ", "); got != "make false, a.b.get true" || s.calls != 0 {
		t.Errorf("enter saw %s; %d calls", got, s.calls)
	}
	if tab.Bind("none", s, enter) != nil {
		t.Error("a row that does not exist was bound")
	}
}

// TestCheck: a parameter judges a value without a call.
func TestCheck(t *testing.T) {
	f := table.New(rows()...).Functions()
	var got []string
	for _, fn := range f {
		for _, p := range fn.Params {
			got = append(got, fmt.Sprintf("%s.%s %s: %v", fn.Name, p.Name, p.Type, p.Check(sl.None)))
		}
	}
	want := `a.b.get.host str | None: <nil>
a.b.get.default any: <nil>
join.*words str: got None, want str: os.getenv() returns None for a variable that is not set; give it a default
join.sep str: got None, want str: os.getenv() returns None for a variable that is not set; give it a default
make.name str: got None, want str: os.getenv() returns None for a variable that is not set; give it a default
make.deep bool: got NoneType, want bool
make.tags str | list[str]: got NoneType, want str | list[str]
make.env dict[str, str]: got NoneType, want dict[str, str]
make.level str: got None, want str: os.getenv() returns None for a variable that is not set; give it a default
make.file str | None: <nil>`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestWrongRows(t *testing.T) {
	wrong := map[string]func(*table.Params){
		`the default 1 of parameter "a" is not its type's, str`: func(p *table.Params) { table.Optional(p, "a", table.Str, sl.MakeInt(1), ".") },
		`duplicate parameter "a"`: func(p *table.Params) {
			table.Required(p, "a", table.Str, ".")
			table.Required(p, "a", table.Str, ".")
		},
	}
	for want, define := range wrong {
		t.Run(want, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
					t.Errorf("got %s", got)
				}
			}()
			table.New(table.Row[int]{Name: "f", Define: func(p *table.Params) table.Body[int] { define(p); return nil }}).Functions()
		})
	}
	t.Run("duplicate function", func(t *testing.T) {
		defer func() {
			if got := fmt.Sprint(recover()); got != "table: duplicate function f" {
				t.Errorf("got %s", got)
			}
		}()
		table.New(table.Row[int]{Name: "f"}, table.Row[int]{Name: "g"}, table.Row[int]{Name: "f"})
	})
}

// A run starts with all functions, and most scripts call few of them.
func TestDefinesWhatIsUsed(t *testing.T) {
	var defined []string
	row := func(name string) table.Row[int] {
		return table.Row[int]{Name: name, Define: func(*table.Params) table.Body[int] {
			defined = append(defined, name)
			return func(int, *table.Call) (sl.Value, error) { return sl.None, nil }
		}}
	}
	names := sl.StringDict{}
	tab := table.New(row("f"), row("g"))
	tab.Declare(names, 0, func(*table.Call) error { return nil })
	for range 2 {
		if _, err := sl.Call(&sl.Thread{}, names["g"], nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"g"}; !slices.Equal(defined, want) {
		t.Errorf("declared and called: defined %q, want %q", defined, want)
	}
	tab.Functions()
	if want := []string{"g", "f"}; !slices.Equal(defined, want) {
		t.Errorf("described: defined %q, want %q", defined, want)
	}
}

func TestPredeclared(t *testing.T) {
	attributes := table.NewAttributes("sys", table.Getter[int]{Name: "argv", Get: table.Text(func(int) string { return "x" })})
	if got := fmt.Sprint(table.Predeclared(table.New(rows()...).Functions(), attributes.Rows())); got != "[a join make sys]" {
		t.Errorf("got %s", got)
	}
	names := sl.StringDict{}
	if err := attributes.Declare(names, 1); err != nil {
		t.Fatal(err)
	}
	if v, err := names["sys"].(*table.Module).Attr("argv"); v != sl.String("x") || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
}

func BenchmarkCall(b *testing.B) {
	f := table.New(rows()...).Bind("a.b.get", &state{}, func(*table.Call) error { return nil })
	thread, args := new(sl.Thread), sl.Tuple{sl.String("host"), sl.String("x")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sl.Call(thread, f, args, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// TestOneOf: strings are those of the set, and other types what they were.
func TestOneOf(t *testing.T) {
	naming := table.OneOf(table.Matching("", func(v sl.Value) bool { _, ok := v.(*sl.Dict); return !ok }), "function", "flat", "nested")
	tab := table.New(table.Row[int]{Name: "f", Returns: "any", Doc: "F.", Define: func(p *table.Params) table.Body[int] {
		arg := table.Optional(p, "naming", naming, sl.String("flat"), "The naming.")
		return func(_ int, c *table.Call) (sl.Value, error) { return arg.Of(c), nil }
	}})
	p := tab.Functions()[0].Params[0]
	if want := `"flat" | "nested" | function`; p.Type != want {
		t.Errorf("the type is %s, want %s", p.Type, want)
	}
	for _, tt := range []struct {
		v    sl.Value
		want string
	}{
		{sl.String("flat"), ""},
		{sl.String("nested"), ""},
		{sl.String(""), ""}, // left to the type
		{sl.NewBuiltin("g", nil), ""},
		{sl.String("flatt"), `"flatt" is none of "flat", "nested" (did you mean "flat"?)`},
		{sl.String("x"), `"x" is none of "flat", "nested", and no function`},
		{&sl.Dict{}, `got dict, want "flat" | "nested" | function`},
	} {
		got := ""
		if err := p.Check(tt.v); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.v, got, tt.want)
		}
	}
}
