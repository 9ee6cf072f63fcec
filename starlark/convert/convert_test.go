package convert

import (
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	timelib "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

// These represent the types of a Kubernetes API package.
type (
	MicroTime struct{ time.Time }

	Meta struct {
		Kind       string `json:"kind,omitempty"`
		APIVersion string `json:"apiVersion,omitempty"`
	}

	Registry struct {
		Host                     string `json:"host"`
		HostFromContainerRuntime string `json:"hostFromContainerRuntime,omitempty"`
	}

	Port struct {
		Number uint16 `json:"number"`
		Name   string `json:"name,omitempty"`
	}

	Status struct {
		Meta `json:",inline"`

		Arch        string            `json:"arch,omitempty"`
		ConnectedAt MicroTime         `json:"connectedAt,omitempty"`
		Registry    *Registry         `json:"registry,omitempty"`
		Labels      map[string]string `json:"labels,omitempty"`
		Ports       []Port            `json:"ports,omitempty"`
		Ready       bool              `json:"ready"`
		Weight      float64           `json:"weight"`
		Data        []byte            `json:"data,omitempty"`
		Timeout     time.Duration     `json:"timeout"`
		Any         any               `json:"any"`
		Hidden      string            `json:"-"`
		hidden      string
	}
)

func sample() Status {
	return Status{
		Meta:        Meta{Kind: "Status"},
		Arch:        "amd64",
		ConnectedAt: MicroTime{time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)},
		Registry:    &Registry{Host: "localhost:5000", HostFromContainerRuntime: "registry:5000"},
		Labels:      map[string]string{"b": "2", "a": "1"},
		Ports:       []Port{{Number: 80, Name: "http"}, {Number: 443}},
		Ready:       true,
		Weight:      0.5,
		Data:        []byte("raw"),
		Timeout:     10 * time.Second,
		Hidden:      "x",
		hidden:      "y",
	}
}

// eval evaluates an expression over variables.
func eval(t *testing.T, expr string, vars sl.StringDict) (sl.Value, error) {
	t.Helper()
	env := sl.StringDict{"struct": sl.NewBuiltin("struct", starlarkstruct.Make), "time": timelib.Module}
	for name, v := range vars {
		env[name] = v
	}
	return sl.EvalOptions(&syntax.FileOptions{Set: true}, &sl.Thread{}, "test.star", expr, env)
}

func mustEval(t *testing.T, expr string, vars sl.StringDict) sl.Value {
	t.Helper()
	v, err := eval(t, expr, vars)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return v
}

func fromGoOrFail(t *testing.T, v any) sl.Value {
	t.Helper()
	out, err := FromGo(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFromGo(t *testing.T) {
	n, s := 3, sl.String("already")
	var none *int
	for _, tc := range []struct {
		in   any
		want string
		typ  string
	}{
		{nil, "None", "NoneType"},
		{none, "None", "NoneType"},
		{&n, "3", "int"},
		{true, "True", "bool"},
		{int8(-5), "-5", "int"},
		{uint64(math.MaxUint64), "18446744073709551615", "int"},
		{float32(0.5), "0.5", "float"},
		{"a\"b", `"a\"b"`, "string"},
		{[]byte("ab"), `b"ab"`, "bytes"},
		{[]string{"x", "y"}, `["x", "y"]`, "list"},
		{[]string(nil), `[]`, "list"},
		{map[string]int{"b": 2, "a": 1, "c": 3}, `{"a": 1, "b": 2, "c": 3}`, "dict"},
		{map[int]string{10: "x", 9: "y"}, `{9: "y", 10: "x"}`, "dict"},
		{map[string]any{"a": []any{1, nil}}, `{"a": [1, None]}`, "dict"},
		{time.Time{}, "None", "NoneType"},
		{time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), "2026-01-02 02:04:05 +0000 UTC", "time.time"},
		{&MicroTime{time.Unix(0, 1000)}, "1970-01-01 00:00:00.000001 +0000 UTC", "time.time"},
		{time.Minute, "1m0s", "time.duration"},
		{s, `"already"`, "string"},
		{struct{ X sl.Value }{nil}, "struct(x=None)", "struct"},
		{Registry{Host: "h"}, `Registry(host="h", host_from_container_runtime="")`, "Registry"},
		{sample(), `Status(kind="Status", api_version="", arch="amd64", connected_at=2026-01-02 03:04:05.000006 +0000 UTC, ` +
			`registry=Registry(host="localhost:5000", host_from_container_runtime="registry:5000"), labels={"a": "1", "b": "2"}, ` +
			`ports=[Port(number=80, name="http"), Port(number=443, name="")], ready=True, weight=0.5, data=b"raw", timeout=10s, any=None)`, "Status"},
	} {
		got, err := FromGo(tc.in)
		if err != nil {
			t.Errorf("FromGo(%v): %v", tc.in, err)
			continue
		}
		if got.String() != tc.want || got.Type() != tc.typ {
			t.Errorf("FromGo(%v):\ngot  %s of type %s\nwant %s of type %s", tc.in, got, got.Type(), tc.want, tc.typ)
		}
	}
}

func TestFromGoErrors(t *testing.T) {
	type loop struct {
		Next *loop `json:"next"`
	}
	round := &loop{}
	round.Next = round
	for _, tc := range []struct {
		in   any
		want string
	}{
		{make(chan int), "a Go chan int has no Starlark value"},
		{struct {
			F func() `json:"f"`
		}{func() {}}, "f: a Go func() has no Starlark value"},
		{map[string][]any{"a b": {1, complex(1, 1)}}, `["a b"][1]: a Go complex128 has no Starlark value`},
		{map[float64]int{1: 1}, "a Go map[float64]int has no Starlark value: its keys must be strings or ints"},
	} {
		if _, err := FromGo(tc.in); err == nil || err.Error() != tc.want {
			t.Errorf("FromGo(%T): got %v, want %s", tc.in, err, tc.want)
		}
	}
	if _, err := FromGo(round); err == nil || !strings.Contains(err.Error(), "contains itself") {
		t.Errorf("a value that contains itself: got %v", err)
	}
}

func TestNames(t *testing.T) {
	for json, want := range map[string]string{
		"host": "host", "hostFromContainerRuntime": "host_from_container_runtime", "connectedAt": "connected_at",
		"apiVersion": "api_version", "clusterIP": "cluster_ip", "HTTPServer": "http_server", "Name": "name",
		"ipv4Address": "ipv4_address", "a-b.c": "a_b_c", "x509Cert": "x509_cert", "already_snake": "already_snake",
	} {
		if got := snake(json); got != want {
			t.Errorf("snake(%q) = %q, want %q", json, got, want)
		}
	}
}

type (
	inner struct {
		Name string `json:"name"`
		Deep string `json:"deep"`
	}
	Mid struct {
		inner
		Name string `json:"name"`
	}
	Outer struct {
		*Mid
		Deep int `json:"deep"`
	}
)

// TestEmbedded: fields of embedded structs are those of the outer one, which
// wins, also where the embedded pointer is nil.
func TestEmbedded(t *testing.T) {
	full := Outer{Mid: &Mid{inner: inner{Name: "inner", Deep: "inner"}, Name: "mid"}, Deep: 7}
	if got, want := fromGoOrFail(t, full).String(), `Outer(name="mid", deep=7)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := fromGoOrFail(t, Outer{}).String(), `Outer(name="", deep=0)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var back Outer
	if err := ToGo(mustEval(t, `{"name": "n", "deep": 1}`, nil), &back); err != nil {
		t.Fatal(err)
	}
	if back.Mid == nil || back.Mid.Name != "n" || back.Deep != 1 {
		t.Errorf("got %+v", back)
	}
}

func TestRecord(t *testing.T) {
	s := sample()
	vars := sl.StringDict{
		"s": fromGoOrFail(t, s), "same": fromGoOrFail(t, sample()), "p": fromGoOrFail(t, Port{Number: 1}),
		"q": fromGoOrFail(t, Port{Number: 1}), "other": fromGoOrFail(t, Port{Number: 2}),
		"alike": fromGoOrFail(t, struct {
			Number uint16 `json:"number"`
			Name   string `json:"name"`
		}{Number: 1}),
	}
	for expr, want := range map[string]string{
		`s.registry.host_from_container_runtime`: `"registry:5000"`,
		`s.ports[1].number`:                      "443",
		`s.labels["a"]`:                          `"1"`,
		`s.connected_at.year`:                    "2026",
		`s.kind`:                                 `"Status"`,
		`type(s)`:                                `"Status"`,
		`s == same`:                              "True",
		`s != same`:                              "False",
		`p == q and p != other`:                  "True",
		`p == alike`:                             "False",
		`{p: 1}[q]`:                              "1",
		`bool(s)`:                                "True",
		`dir(p)`:                                 `["name", "number"]`,
		`hasattr(s, "hidden")`:                   "False",
	} {
		if got := mustEval(t, expr, vars).String(); got != want {
			t.Errorf("%s: got %s, want %s", expr, got, want)
		}
	}
	for expr, want := range map[string]string{
		`s.registri`:              "Status has no .registri field or method (did you mean .registry?)",
		`s.zzz`:                   "Status has no .zzz field or method",
		`p < q`:                   "Port < Port not implemented",
		`{s: 1}`:                  "unhashable type: dict",
		`s.ports.append(1)`:       "append: cannot append to frozen list",
		`s.labels.update({1: 2})`: "update: cannot insert into frozen hash table",
	} {
		if _, err := eval(t, expr, vars); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", expr, err, want)
		}
	}
	if diff := cmp.Diff(s, vars["s"].(*Record).Go(), cmp.AllowUnexported(Status{})); diff != "" {
		t.Errorf("Go() differs: %s", diff)
	}
}

func TestFieldsThatMeet(t *testing.T) {
	type X struct{ A, B string }
	type Y struct{ A string }
	type both struct {
		X
		Y
	}
	type Self struct {
		*Self
		Name string
	}
	type twice struct {
		PodIP string `json:"podIP"`
		Pod   string `json:"pod_ip"`
	}
	for _, tt := range []struct {
		v         any
		want, err string
	}{
		{both{X{"1", "2"}, Y{"3"}}, `both(b="2")`, ""}, // as in JSON, neither A
		{Self{Name: "a"}, `Self(name="a")`, ""},
		{twice{"a", "b"}, "", "fields podIP and pod_ip of the Go struct convert.twice are both pod_ip to a script: rename one"},
	} {
		v, err := FromGo(tt.v)
		switch {
		case tt.err != "":
			if err == nil || err.Error() != tt.err {
				t.Errorf("%+v: %v", tt.v, err)
			}
			var got twice
			if err := ToGo(mustEval(t, "{}", nil), &got); err == nil || err.Error() != tt.err {
				t.Errorf("back: %v", err)
			}
		case err != nil || v.String() != tt.want:
			t.Errorf("%+v: %v, %v", tt.v, v, err)
		}
	}
}

func TestNumbersOfAnySize(t *testing.T) {
	var whatever any
	var number *big.Int
	for _, ptr := range []any{&whatever, &number} {
		if err := ToGo(mustEval(t, "1 << 80", nil), ptr); err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []any{whatever, number} {
		if back, err := FromGo(v); err != nil || back.String() != "1208925819614629174706176" {
			t.Errorf("%v, %v", back, err)
		}
	}
	var f float64
	if err := ToGo(mustEval(t, "1"+strings.Repeat("0", 400), nil), &f); err == nil || !strings.Contains(err.Error(), "out of range for float64") {
		t.Errorf("%v: %v", f, err)
	}
	var m map[any]string
	if err := ToGo(mustEval(t, `{(1,): "x"}`, nil), &m); err == nil || !strings.Contains(err.Error(), "a Go map cannot have a tuple as its key") {
		t.Error(err)
	}
	if err := ToGo(nil, &f); err == nil {
		t.Error("nil is taken for a value")
	}
}
