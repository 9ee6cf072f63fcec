package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// outline is an output as data: a sum of each object, whatever their order.
type outline struct {
	objects map[string][sha256.Size]byte
	changed int // images of the registry
}

// compare decodes what the peers printed, and fills in how it compares with
// what the first one did.
func (s *size) compare() {
	var want *outline
	for i := range s.results {
		r := &s.results[i]
		got, err := outlineOf(r.file)
		switch {
		case err != nil:
			r.output = "not readable: " + err.Error()
		case i == 0:
			want = got
			r.output = fmt.Sprintf("%d objects, %d images changed", len(got.objects), got.changed)
		case want != nil:
			r.output = got.words(want)
		}
	}
}

func outlineOf(file string) (*outline, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	o := &outline{objects: map[string][sha256.Size]byte{}}
	for doc := range bytes.SplitSeq(bytes.TrimPrefix(data, []byte("---\n")), []byte("\n---\n")) {
		var object map[string]any
		// A literal block at the end of a document ends with a line end.
		if err := yaml.Unmarshal(append(bytes.Clone(doc), '\n'), &object); err != nil {
			return nil, err
		}
		if object == nil {
			continue
		}
		text, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		meta, _ := object["metadata"].(map[string]any)
		o.objects[fmt.Sprint(object["kind"], " ", meta["namespace"], "/", meta["name"])] = sha256.Sum256(text)
		o.count(object)
	}
	return o, nil
}

func (o *outline) count(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, v := range v {
			if text, ok := v.(string); ok && k == "image" && strings.HasPrefix(text, host+"/") {
				o.changed++
			}
			o.count(v)
		}
	case []any:
		for _, v := range v {
			o.count(v)
		}
	}
}

// words says how o differs from want.
func (o *outline) words(want *outline) string {
	missing, differ := 0, 0
	for key, sum := range want.objects {
		got, ok := o.objects[key]
		switch {
		case !ok:
			missing++
		case got != sum:
			differ++
		}
	}
	if missing == 0 && differ == 0 && len(o.objects) == len(want.objects) {
		return "the same data"
	}
	return fmt.Sprintf("%d of %d objects differ, %d missing; %d images changed", differ, len(want.objects), missing, o.changed)
}
