package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
func (m *measurement) compare() {
	var want *outline
	for i := range m.results {
		r := &m.results[i]
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
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	o := &outline{objects: map[string][sha256.Size]byte{}}
	for dec := yaml.NewDecoder(bufio.NewReaderSize(f, 1<<20)); ; {
		var object any
		if err := dec.Decode(&object); errors.Is(err, io.EOF) {
			return o, nil
		} else if err != nil {
			return nil, err
		}
		if object == nil {
			continue
		}
		text, err := json.Marshal(object)
		if err != nil {
			return nil, err
		}
		root, _ := object.(map[string]any)
		meta, _ := root["metadata"].(map[string]any)
		key := fmt.Sprint(root["kind"], " ", meta["namespace"], "/", meta["name"])
		for o.objects[key] != [sha256.Size]byte{} { // the same object again
			key += "'"
		}
		o.objects[key] = sha256.Sum256(text)
		o.count(object)
	}
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

// words describes how o differs from want.
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
