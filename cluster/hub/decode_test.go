package hub

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster"
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
		`{"items":[{}]}}`, `{"items":[{}]} x`, `{"items"}`, `{"items":}`, `{"items":["a]}`, `<html>`, `{"items":["\`, `{"items":[],"items":[]}`, `{"items":[],"kind":"a","kind":"b"}`} {
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
	const text = ` { "kind":"Cluster","metadata":{"name":"a\u0062","managedFields":[{"fieldsV1":{"f:name":{},"k:{\"type\":\"x\"}":{}}}],"namespace":"team","generation":3,"labels":{"env":"prod"},"annotations":{"note":"}"},"uid":"u"},
		"spec":{"connection":{"kubernetes":{"context":"c"}}},"more":[1,{"name":"x"}],"status":{"version":"v1.36.3","conditions":[{"type":"Connected","status":"True"}]}}`
	var got kept
	var want cluster.Cluster
	if err := decodeItem([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(text), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kept{want.Name, want.Namespace, want.Labels, want.Generation, want.Spec, want.Status}, got, cmp.AllowUnexported(kept{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range []string{`1`, `null`, `[]`, `{"metadata":null}`, `{"metadata":{"name":1}}`, `{"metadata":{"labels":[]}}`, `{"status":{"version":tru}}`, `{"spec":[]}`, `{"spec":{}`, `{}`, `{"kind":"Pod","metadata":{"name":"a"}}`,
		`{"apiVersion":"tilt.dev/v2","metadata":{"name":"a"}}`, `{"metadata":{"name":"a","name":"b"}}`, `{"metadata":{"name":"a"},"metadata":{"name":"b"}}`,
		`{"metadata":{"name":"a"},"status":{},"status":{"version":"v1"}}`, `{"metadata":{"name":"a"},"status":{"version":"v1","version":"v2"}}`,
		`{"metadata":{"name":"a"},"status":{"registry":{"host":"a:1","host":"b:1"}}}`, `{"metadata":{"name":"a","labels":{"env":"a","env":"b"}}}`} {
		if err := decodeItem([]byte(text), new(kept)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
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
