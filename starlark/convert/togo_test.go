package convert

import (
	"math/big"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	sl "go.starlark.net/starlark"
)

func TestToGoStruct(t *testing.T) {
	want := sample()
	want.Hidden, want.hidden = "", ""
	for name, expr := range map[string]string{
		"JSON names": `{"kind": "Status", "arch": "amd64", "connectedAt": "2026-01-02T03:04:05.000006Z",
			"registry": {"host": "localhost:5000", "hostFromContainerRuntime": "registry:5000"}, "labels": {"a": "1", "b": "2"},
			"ports": ({"number": 80, "name": "http"}, {"number": 443}), "ready": True, "weight": 0.5, "data": "raw",
			"timeout": time.parse_duration("10s")}`,
		"snake case names in structs": `struct(kind = "Status", arch = "amd64", connected_at = time.parse_time("2026-01-02T03:04:05.000006Z"),
			registry = struct(host = "localhost:5000", host_from_container_runtime = "registry:5000"), labels = struct(a = "1", b = "2"),
			ports = [struct(number = 80, name = "http"), {"number": 443}], ready = True, weight = 0.5, data = b"raw",
			timeout = 10 * time.second, any = None)`,
	} {
		var got Status
		if err := ToGo(mustEval(t, expr, nil), &got); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got, cmp.AllowUnexported(Status{})); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestToGoKeepsWhatIsNotGiven(t *testing.T) {
	got := Status{Arch: "arm64", Registry: &Registry{Host: "h"}}
	if err := ToGo(mustEval(t, `{"ready": True, "registry": {"host_from_container_runtime": "r"}}`, nil), &got); err != nil {
		t.Fatal(err)
	}
	want := Status{Arch: "arm64", Ready: true, Registry: &Registry{Host: "h", HostFromContainerRuntime: "r"}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Status{})); diff != "" {
		t.Error(diff)
	}
	if err := ToGo(mustEval(t, `{"registry": None, "connected_at": None, "ports": None, "labels": None, "any": None}`, nil), &got); err != nil {
		t.Fatal(err)
	}
	if got.Registry != nil {
		t.Errorf("None leaves %+v", got.Registry)
	}
}

func TestToGoScalars(t *testing.T) {
	for _, tc := range []struct {
		expr string
		into any // a pointer
		want any
	}{
		{"127", new(int8), int8(127)},
		{"-128", new(int8), int8(-128)},
		{"255", new(uint8), uint8(255)},
		{"18446744073709551615", new(uint64), uint64(1<<64 - 1)},
		{"3", new(float64), 3.0},
		{"0.5", new(float32), float32(0.5)},
		{"[1, 2]", new([]int), []int{1, 2}},
		{"set([1, 2])", new([]int), []int{1, 2}},
		{"(1, None)", new([]*int), []*int{ptr(1), nil}},
		{"{1: 'a'}", new(map[int]string), map[int]string{1: "a"}},
		{"'2026-01-02T03:04:05Z'", new(time.Time), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{"None", new(any), nil},
		{"1 << 70", new(any), new(big.Int).Lsh(big.NewInt(1), 70)},
		{"{'a': [1, 0.5, True, b'x', ('y',), None, struct(z = time.second)]}", new(any),
			map[string]any{"a": []any{int64(1), 0.5, true, []byte("x"), []any{"y"}, nil, map[string]any{"z": time.Second}}}},
		{"time.parse_time('2026-01-02T03:04:05Z')", new(any), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{"port", new(any), Port{Number: 80}},
	} {
		v := mustEval(t, tc.expr, sl.StringDict{"port": fromGoOrFail(t, Port{Number: 80})})
		if err := ToGo(v, tc.into); err != nil {
			t.Errorf("%s: %v", tc.expr, err)
			continue
		}
		got := reflect.ValueOf(tc.into).Elem().Interface()
		if diff := cmp.Diff(tc.want, got, cmp.Comparer(func(a, b *big.Int) bool { return a.Cmp(b) == 0 })); diff != "" {
			t.Errorf("%s: %s", tc.expr, diff)
		}
	}
}

// TestToGoStarlarkValue: a Go variable of a Starlark type takes the value itself.
func TestToGoStarlarkValue(t *testing.T) {
	list := sl.NewList([]sl.Value{sl.MakeInt(1)})
	var value sl.Value
	var typed *sl.List
	if err := ToGo(list, &value); err != nil || value != list {
		t.Errorf("got %v, %v", value, err)
	}
	if err := ToGo(list, &typed); err != nil || typed != list {
		t.Errorf("got %v, %v", typed, err)
	}
	if err := ToGo(sl.None, &value); err != nil || value != sl.None {
		t.Errorf("got %v, %v", value, err)
	}
	if err := ToGo(sl.None, &typed); err != nil || typed != nil {
		t.Errorf("got %v, %v", typed, err)
	}
}

func ptr[T any](v T) *T { return &v }

func TestToGoErrors(t *testing.T) {
	type outer struct {
		Spec struct {
			Foo []Registry `json:"foo"`
		} `json:"spec"`
		Ports map[string]Port `json:"ports"`
	}
	for _, tc := range []struct {
		expr string
		into any
		want string
	}{
		{`{"spec": {"foo": [{}, {}, {"hots": "x"}]}}`, new(outer), "spec.foo[2].hots: no such field (did you mean host?)"},
		{`{"spec": {"foo": [{"zzz": "x"}]}}`, new(outer), "spec.foo[0].zzz: no such field"},
		{`{"spec": {"foo": [struct(host = 1)]}}`, new(outer), "spec.foo[0].host: want string, got int"},
		{`{"ports": {"a b": {"number": 70000}}}`, new(outer), `ports["a b"].number: 70000 is out of range for uint16`},
		{`{"ports": {1: {}}}`, new(outer), "ports: key 1: want string, got int"},
		{`{"api_version": "a", "apiVersion": "b"}`, new(Meta), "apiVersion: given twice, in two spellings"},
		{`{1: 2}`, new(Meta), "key 1: want string, got int"},
		{`[]`, new(Meta), "want dict or struct, got list"},
		{`"x"`, new([]string), "want list, got string"},
		{`{"a": 1}`, new([]string), "want list, got dict"},
		{`[1]`, new(map[string]int), "want dict, got list"},
		{`128`, new(int8), "128 is out of range for int8"},
		{`-1`, new(uint), "-1 is out of range for uint"},
		{`1e300`, new(float32), "1e+300 is out of range for float32"},
		{`1.0`, new(int), "want int, got float"},
		{`True`, new(int), "want int, got bool"},
		{`1`, new(bool), "want bool, got int"},
		{`"1"`, new(float64), "want float, got string"},
		{`None`, new(string), "want string, got NoneType"},
		{`1`, new(time.Time), "want time.time, got int"},
		{`"soon"`, new(MicroTime), `"soon" is not a time as RFC 3339 has it, such as "2006-01-02T15:04:05Z"`},
		{`"1s"`, new(time.Duration), "want time.duration, got string"},
		{`1`, new(chan int), "no Starlark value can be a Go chan int"},
		{`len`, new(any), "a builtin_function_or_method has no Go value"},
		{`{"a": [len]}`, new(any), "a[0]: a builtin_function_or_method has no Go value"},
		{`{1: 2}`, new(any), "key 1: want string, got int"},
		{`1`, new(error), "want error, got int"},
		{`[]`, new(*sl.Dict), "want *starlark.Dict, got list"},
	} {
		if err := ToGo(mustEval(t, tc.expr, nil), tc.into); err == nil || err.Error() != tc.want {
			t.Errorf("%s into %T:\ngot  %v\nwant %s", tc.expr, tc.into, err, tc.want)
		}
	}
	for _, bad := range []any{nil, 1, (*int)(nil)} {
		if err := ToGo(sl.None, bad); err == nil || !strings.Contains(err.Error(), "need a non-nil pointer") {
			t.Errorf("ToGo into %v: got %v", bad, err)
		}
	}
}

func TestToGoOfValueThatContainsItself(t *testing.T) {
	list := sl.NewList(nil)
	if err := list.Append(list); err != nil {
		t.Fatal(err)
	}
	type nested []nested
	for _, into := range []any{new(any), new(nested)} {
		if err := ToGo(list, into); err == nil || !strings.Contains(err.Error(), "contains itself") {
			t.Errorf("%T: got %v", into, err)
		}
	}
}

// kinds is a struct of each kind that both directions know but times, which
// testing/quick can't make.
type kinds struct {
	Meta
	B   bool             `json:"b"`
	I   int              `json:"i"`
	I8  int8             `json:"i8"`
	U   uint64           `json:"u"`
	F   float64          `json:"f"`
	S   string           `json:"someString"`
	P   *Port            `json:"p"`
	L   []Port           `json:"l"`
	LL  [][]string       `json:"ll"`
	M   map[string]int16 `json:"m"`
	MI  map[int]*bool    `json:"mi"`
	Raw []byte           `json:"raw"`
	D   time.Duration    `json:"d"`
}

type everything struct {
	kinds
	T  MicroTime  `json:"t"`
	TP *MicroTime `json:"tp"`
}

// TestRoundTrip: what FromGo makes, ToGo takes back, and making it again returns
// the same string.
func TestRoundTrip(t *testing.T) {
	property := func(k kinds, hasTime bool, micros uint32) bool {
		in := everything{kinds: k}
		if hasTime {
			in.T = MicroTime{time.UnixMicro(int64(micros) << 16).UTC()}
			in.TP = &in.T
		}
		v, err := FromGo(in)
		if err != nil {
			t.Errorf("FromGo(%+v): %v", in, err)
			return false
		}
		var out everything
		if err := ToGo(v, &out); err != nil {
			t.Errorf("ToGo(%v): %v", v, err)
			return false
		}
		if diff := cmp.Diff(in, out, cmpopts.EquateEmpty(), cmp.AllowUnexported(everything{})); diff != "" {
			t.Error(diff)
			return false
		}
		again, err := FromGo(out)
		if err != nil {
			t.Error(err)
			return false
		}
		return again.String() == v.String()
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 300, Rand: rand.New(rand.NewSource(1))}); err != nil {
		t.Error(err)
	}
}
