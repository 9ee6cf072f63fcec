package analysis_test

import (
	"slices"
	"strings"
	"testing"

	"go.starlark.net/lib/math"
	"go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// TestLanguage: the rows of the language and its library name what is there, all
// of it and nothing else.
func TestLanguage(t *testing.T) {
	table := analysis.NewTable(analysis.Library())
	names := slices.DeleteFunc(table.AllNames(), func(name string) bool { return slices.Contains(table.Names(), name) })
	if got, want := names, sl.Universe.Keys(); !slices.Equal(got, want) {
		t.Errorf("the language has %v, want %v", got, want)
	}
	for name, v := range map[string]sl.HasAttrs{
		"str": sl.String(""), "list": sl.NewList(nil), "dict": sl.NewDict(0), "set": sl.NewSet(0), "bytes": sl.Bytes(""),
		"time.time": time.Time{}, "time.duration": time.Duration(0),
	} {
		sameNames(t, name, table.Members(name), v.AttrNames())
	}
	for name, m := range map[string]*starlarkstruct.Module{"math": math.Module, "time": time.Module} {
		members := slices.DeleteFunc(slices.Clone(table.Members(name)), func(m string) bool { return name == "time" && m == "duration" })
		sameNames(t, name, members, m.Members.Keys())
	}
}

func sameNames(t *testing.T, of string, got, want []string) {
	t.Helper()
	got, want = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		t.Errorf("%s has %v, want %v", of, got, want)
	}
}

// TestLanguageTakes: the parameters of the language's functions are those that
// the interpreter takes: a call with as many arguments is not refused for their
// number, and one with one more is.
func TestLanguageTakes(t *testing.T) {
	table := analysis.NewTable()
	for name, v := range sl.Universe {
		fn, ok := v.(*sl.Builtin)
		if !ok {
			continue
		}
		row := table.Function(name)
		fixed := len(row.Params)
		for i, p := range row.Params {
			if strings.HasPrefix(p.Name, "*") {
				fixed = i
			}
		}
		if fixed != len(row.Params) || name == "fail" {
			continue
		}
		args := make(sl.Tuple, fixed+1)
		for i := range args {
			args[i] = sl.None
		}
		if _, err := sl.Call(&sl.Thread{}, fn, args, nil); err == nil || !strings.Contains(err.Error(), "argument") {
			t.Errorf("%s takes %d arguments: %v", name, fixed+1, err)
		}
		if _, err := sl.Call(&sl.Thread{}, fn, args[:fixed], nil); err != nil && strings.Contains(err.Error(), "at most") {
			t.Errorf("%s does not take %d arguments: %v", name, fixed, err)
		}
	}
}

func TestParseRows(t *testing.T) {
	rows, err := analysis.ParseRows(`
# Services.
deploy(service: str, /, replicas: int = 1, *flags, mode: str = "a, b", **rest) -> Service | None  # Deploys a service.
now() -> time.time
Service.url: str  # Where it answers.
`)
	if err != nil {
		t.Fatal(err)
	}
	table := analysis.NewTable(rows)
	f := table.Function("deploy")
	if got, want := f.Signature(), `deploy(service, replicas=1, *flags, mode="a, b", **rest) -> Service | None`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if f.Doc != "Deploys a service." || !f.Params[0].PositionalOnly || f.Params[1].PositionalOnly || !f.Params[0].Required() || f.Params[2].Required() {
		t.Errorf("got %+v", f)
	}
	if a := table.Attribute("Service", "url"); a == nil || a.Type != "str" || a.Doc != "Where it answers." {
		t.Errorf("got %+v", a)
	}
	if got, want := table.Names(), []string{"deploy", "now"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, text := range []string{"deploy(service)", "url: str", "deploy"} {
		if _, err := analysis.ParseRows("now() -> int\n" + text); err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
			t.Errorf("%s: got %v, want an error of line 2", text, err)
		}
	}
}

func TestParseType(t *testing.T) {
	for text, want := range map[string]string{
		"str | None":                       "str | None",
		"any":                              "any",
		"str | any":                        "any",
		`list[str | Image] | "all" | None`: "list[str | Image] | str | None",
		"dict[str, list[int]]":             "dict[str, list[int]]",
		"str | Blob | dict | list of them": "str | Blob | dict | list",
		"str | str":                        "str",
		"string":                           "str",
	} {
		if got := analysis.ParseType(text).String(); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}
