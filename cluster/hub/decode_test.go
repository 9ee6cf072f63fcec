package hub

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/test/fleet"
)

// A list is split as encoding/json reads it, whatever is in it.
func TestSplitList(t *testing.T) {
	for _, text := range []string{
		`{"items":[]}`,
		`{"items":null}`,
		`{"kind":"ClusterList","items":[{"a":"}],\"{[\\"},{"b":[1,{"c":null}]}],"metadata":{"continue":"x,]}"}}`,
		" {\n\t\"metadata\" : {} , \"items\" : [ {} , {\"a\" : -1.5e3} ] }\r\n",
		`{"items":[1,true,"x",null,[]],"apiVersion":"v1"}`,
		`{"items":[{"items":[2]}],"x":{"items":[3]},"metadata":null}`,
	} {
		check(t, []byte(text))
		if _, err := splitList([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{``, `[]`, `{}`, `null`, `"items"`, `{"items":[}`, `{"items":[{]}`, `{"items":[{}`, `{"items":[{}]`, `{"items":[,]}`,
		`{"items":[{}]}}`, `{"items":[{}]} x`, `{"items"}`, `{"items":}`, `{"items":["a]}`, `<html>`, `{"items":["\`, `{"items":[],"items":[]}`} {
		if list, err := splitList([]byte(text)); err == nil {
			t.Errorf("%s: %s, %s", text, list.metadata, list.items)
		}
	}
}

// check reports a list that encoding/json reads and that is split in another way.
func check(t *testing.T, text []byte) {
	t.Helper()
	var list struct {
		Metadata json.RawMessage
		Items    []json.RawMessage
	}
	// It takes names in any case and spelling, and the last of two.
	plain := strings.Count(string(text), `"items"`) == 1 && !strings.Contains(string(text), `\u`)
	if json.Unmarshal(text, &list) != nil || list.Items == nil || !plain || strings.Count(strings.ToLower(string(text)), "items") > 1 {
		return
	}
	split, err := splitList(text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	var got []json.RawMessage
	for _, i := range split.items {
		got = append(got, i)
	}
	trim := cmp.Transformer("trim", func(m json.RawMessage) string { return strings.TrimSpace(string(m)) })
	if diff := cmp.Diff(list.Items, got, trim); diff != "" && len(list.Items)+len(got) > 0 {
		t.Errorf("%s: items (-want +got):\n%s", text, diff)
	}
	if strings.Contains(string(text), `"metadata"`) && string(list.Metadata) != string(split.metadata) && list.Metadata != nil {
		t.Errorf("%s: metadata %s, want %s", text, split.metadata, list.Metadata)
	}
}

// An item is decoded as encoding/json decodes it, and what is not used of it is
// skipped.
func TestDecodeItem(t *testing.T) {
	const text = ` { "kind":"Cluster","metadata":{"name":"a\u0062","managedFields":[{"fieldsV1":{"f:name":{},"k:{\"type\":\"x\"}":{}}}],"labels":{"env":"prod"},"annotations":{"note":"}"},"uid":"u"},
		"spec":{"connection":{"kubernetes":{"context":"c"}}},"more":[1,{"name":"x"}],"status":{"version":"v1.36.3","conditions":[{"type":"Connected","status":"True"}]}}`
	var got kept
	var want cluster.Cluster
	if err := decodeItem([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keptOf(&want), got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range []string{`1`, `null`, `[]`, `{"metadata":null}`, `{"metadata":{"name":1}}`, `{"metadata":{"labels":[]}}`, `{"status":{"version":tru}}`, `{"metadata":{"name":"a"},"status":{"connectedAt":"null"}}`, `{"metadata":{"name":"a"},"status":{"connectedAt":""}}`,
		`{"metadata":{"name":"a"},"status":{"connectedAt":"2026"}}`, `{"metadata":{"name":"a"},"status":{"observedGeneration":"1"}}`, `{"metadata":{"name":"a"},"status":{"observedGeneration":01}}`,
		`{"spec":[]}`, `{"spec":{}`, `{}`, `{"kind":"Pod","metadata":{"name":"a"}}`} {
		if err := decodeItem([]byte(text), new(kept)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// keptOf is what is used of a cluster.
func keptOf(c *cluster.Cluster) kept {
	k := kept{Kind: c.Kind, Spec: c.Spec, Status: c.Status}
	k.Metadata.Name, k.Metadata.Labels = c.Name, c.Labels
	return k
}

// No field of the API is forgotten.
func TestDecodeEveryField(t *testing.T) {
	var want kept
	fill(reflect.ValueOf(&want).Elem(), new(int))
	want.Kind = cluster.Kind
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got kept
	if err := decodeItem(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// fill sets every field below v to a value of its own.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Interface().(type) {
	case metav1.Time:
		v.Set(reflect.ValueOf(metav1.NewTime(time.Unix(int64(*n), 0))))
		return
	case metav1.MicroTime:
		v.Set(reflect.ValueOf(metav1.NewMicroTime(time.Unix(int64(*n), 1000))))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("%d \"ü\x01\\", *n))
	case reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{fmt.Sprint(*n): "a", "ü\"": "b"}))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic(v.Type())
	}
}

// An item that encoding/json decodes is decoded to the same.
func FuzzDecodeItem(f *testing.F) {
	for i, c := range fleet.Clusters(20) {
		text, err := json.Marshal(c)
		if err != nil {
			f.Fatal(i, err)
		}
		f.Add(text)
	}
	for _, text := range []string{
		`{"metadata":{"name":"a","labels":{"x":null}},"status":{"conditions":null,"warnings":[],"connectedAt":null,"observedGeneration":-0,"version":null}}`,
		`{"metadata":{"name":"\ud83d\ude00\ud83d"},"spec":{"connection":{"kubernetes":{"secretRef":{}}}},"status":{"conditions":[{},null,{"lastTransitionTime":"2026-01-02T03:04:05Z"}]}}`,
		`{"metadata":{"name":"a"},"status":{"version":"a","version":"b","warnings":["a","b"],"warnings":["c"],"connection":{"kubernetes":{"cluster":"a"}},"connection":{"kubernetes":{"product":"b"}}}}`,
		`{"metadata":{"na\u006de":"a"},"status":{"observedGeneration":1e3}}`, `{"metadata":{"name":"a"},"status":{"warnings":[1]}}`, `{"metadata":{"name":"a"},"spec":[]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got, want kept
		if err := json.Unmarshal(text, &want); err != nil || want.Metadata.Name == "" || want.Kind != "" && want.Kind != cluster.Kind || otherCase(text) {
			return
		}
		if err := decodeItem(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", text, diff)
		}
	})
}

// otherCase reports whether encoding/json may find a field by a name in another case.
func otherCase(text []byte) bool {
	var value any
	if json.Unmarshal(text, &value) != nil {
		return true
	}
	var other func(v any, t reflect.Type) bool
	other = func(v any, t reflect.Type) bool {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		switch v := v.(type) {
		case []any:
			return slices.ContainsFunc(v, func(e any) bool { return other(e, t) })
		case map[string]any:
			if t.Kind() != reflect.Struct {
				return false
			}
			for f := range t.Fields() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				for k, e := range v {
					if k != name && strings.EqualFold(k, name) || k == name && other(e, f.Type) {
						return true
					}
				}
			}
		}
		return false
	}
	return other(value, reflect.TypeFor[kept]())
}

func FuzzSplitList(f *testing.F) {
	for _, text := range []string{`{"kind":"ClusterList","items":[{"a":"}],\"{["}],"metadata":{"continue":"x"}}`, ` { "items" : [ 1 , [ ] ] } `, `{"items":["\u005d"]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := splitList(text)
		if err == nil && json.Valid(text) {
			for _, i := range list.items {
				if !json.Valid(i) {
					t.Errorf("%q: the item %q is cut", text, i)
				}
			}
		}
		check(t, text)
	})
}
