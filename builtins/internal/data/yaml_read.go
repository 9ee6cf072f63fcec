package data

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	sl "go.starlark.net/starlark"
	"go.yaml.in/yaml/v3"

	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/internal/yaml11"
)

// MaxNodes bounds the values one YAML document may become: aliases of aliases grow
// without bound.
const MaxNodes = 4_000_000

// DecodeYAML reads exactly one document; an empty string is None.
func DecodeYAML(name, text string) (sl.Value, error) {
	docs, err := DecodeYAMLStream(name, text)
	if err != nil {
		return nil, err
	}
	return onlyDocument(name, docs)
}

// DecodeYAML11 is DecodeYAML as [DecodeYAML11Stream] reads.
func DecodeYAML11(name, text string, duplicate func(message string)) (sl.Value, error) {
	docs, err := DecodeYAML11Stream(name, text, duplicate)
	if err != nil {
		return nil, err
	}
	return onlyDocument(name, docs)
}

func onlyDocument(name string, docs []sl.Value) (sl.Value, error) {
	switch len(docs) {
	case 0:
		return sl.None, nil
	case 1:
		return docs[0], nil
	}
	return nil, fmt.Errorf("%s%d documents, want one; read a stream of them with the function that ends in _stream", yamlPlace(name, nil), len(docs))
}

// DecodeYAMLStream reads any number of documents and drops empty ones.
func DecodeYAMLStream(name, text string) ([]sl.Value, error) {
	return readYAML(text, &yamlReader{name: name})
}

// DecodeYAML11Stream is DecodeYAMLStream as Kubernetes reads YAML, and Tilt with it: as
// version 1.1, made JSON. The words y, yes, on and the like are bools, a key is a string
// whatever it looks like, a float without a fraction is an int, and !!binary is what it
// encodes. Of a key that a mapping has twice, it takes the last value, and calls
// duplicate with what to warn of.
func DecodeYAML11Stream(name, text string, duplicate func(message string)) ([]sl.Value, error) {
	return readYAML(text, &yamlReader{name: name, json: true, duplicate: duplicate})
}

func readYAML(text string, r *yamlReader) ([]sl.Value, error) {
	d := yaml.NewDecoder(bytes.NewReader(yaml11.Directives([]byte(text))))
	r.open = map[*yaml.Node]bool{}
	var docs []sl.Value
	for {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil && json.Valid([]byte(text)) { // it has escapes that YAML 1.1 lacks
			v, err := DecodeLastJSON(r.name, text, r.duplicate)
			return []sl.Value{v}, err
		}
		if err != nil {
			return nil, r.syntaxError(text, err)
		}
		v, err := r.value(doc.Content[0], 0)
		if err != nil {
			return nil, err
		}
		if v != sl.None { // helm prints empty documents
			docs = append(docs, v)
		}
	}
}

// yamlReader turns nodes into values.
type yamlReader struct {
	name string
	json bool // read YAML 1.1 and make it JSON
	// duplicate takes a warning of a duplicate key; if it is nil, the key is an error.
	duplicate func(message string)
	nodes     int
	// open are the aliased nodes being read, to find one inside itself.
	open map[*yaml.Node]bool
}

// syntaxError adds to an error of the parser its position, which package manifest finds:
// the parser knows at most a line, and often a wrong one.
func (r *yamlReader) syntaxError(text string, err error) error {
	var placed *manifest.Error
	if _, found := manifest.Find([]byte(text), manifest.Options{File: r.name, DuplicateKeys: r.duplicate != nil}); errors.As(found, &placed) {
		return r.errorf(&yaml.Node{Line: placed.Line, Column: placed.Column}, "%s", placed.Reason)
	}
	return fmt.Errorf("%s%s", yamlPlace(r.name, nil), strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " "))
}

func yamlPlace(name string, n *yaml.Node) string {
	switch {
	case n == nil && name == "":
		return ""
	case n == nil:
		return name + ": "
	case name == "":
		return fmt.Sprintf("line %d, column %d: ", n.Line, n.Column)
	}
	return fmt.Sprintf("%s:%d:%d: ", name, n.Line, n.Column)
}

func (r *yamlReader) errorf(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s%s", yamlPlace(r.name, n), fmt.Sprintf(format, args...))
}

func (r *yamlReader) value(n *yaml.Node, depth int) (sl.Value, error) {
	r.nodes++
	switch {
	case depth > MaxDepth:
		return nil, r.errorf(n, "%v", errTooDeep)
	case r.nodes > MaxNodes:
		return nil, r.errorf(n, "more than %d values, aliases followed", MaxNodes)
	}
	switch n.Kind {
	case yaml.MappingNode:
		dict := &sl.Dict{}
		return dict, r.mapping(dict, n, depth, false)
	case yaml.SequenceNode:
		items := make([]sl.Value, 0, len(n.Content))
		for _, e := range n.Content {
			v, err := r.value(e, depth+1)
			if err != nil {
				return nil, err
			}
			items = append(items, v)
		}
		return sl.NewList(items), nil
	case yaml.AliasNode:
		if r.open[n.Alias] {
			return nil, r.errorf(n, "the alias *%s is inside its own anchor", n.Value)
		}
		r.open[n.Alias] = true
		defer delete(r.open, n.Alias)
		return r.value(n.Alias, depth+1)
	}
	return r.scalar(n)
}

// mapping adds the members of n to dict. Merged members never replace those
// that are there.
func (r *yamlReader) mapping(dict *sl.Dict, n *yaml.Node, depth int, merged bool) error {
	var merges []*yaml.Node
	own := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, e := n.Content[i], n.Content[i+1]
		if k.ShortTag() == "!!merge" {
			if len(merges) > 0 {
				if err := r.again(k, `"<<"`); err != nil {
					return err
				}
			}
			merges = slices.Insert(merges, 0, e) // of two, the last counts
			continue
		}
		if k.Kind == yaml.MappingNode && k.Style&yaml.FlowStyle != 0 && n.Style&yaml.FlowStyle != 0 {
			return r.errorf(n, "{{ }} is a template, not YAML: render it first, for example with helm template")
		}
		key, err := r.value(k, depth+1)
		if err != nil {
			return err
		}
		if r.json {
			if key, err = r.jsonKey(k, key); err != nil {
				return err
			}
		}
		if own[key.String()] {
			if err := r.again(k, key.String()); err != nil {
				return err
			}
		}
		own[key.String()] = true
		if _, found, err := dict.Get(key); err != nil {
			return r.errorf(k, "%s cannot be a key", key.Type())
		} else if found && merged {
			continue
		}
		v, err := r.value(e, depth+1)
		if err != nil {
			return err
		}
		if err := dict.SetKey(key, v); err != nil {
			return r.errorf(k, "%v", err)
		}
	}
	for _, m := range merges {
		if err := r.merge(dict, m, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// again is an error for a duplicate key, or a warning.
func (r *yamlReader) again(n *yaml.Node, key string) error {
	err := r.errorf(n, "duplicate key %s", key)
	if r.duplicate == nil {
		return err
	}
	r.duplicate(err.Error() + ": the last value is taken")
	return nil
}

// merge adds the members of a << value: a mapping, or a list of them of which
// the first wins.
func (r *yamlReader) merge(dict *sl.Dict, n *yaml.Node, depth int) error {
	if depth > MaxDepth {
		return r.errorf(n, "%v", errTooDeep)
	}
	switch n.Kind {
	case yaml.AliasNode:
		if r.open[n.Alias] {
			return r.errorf(n, "the alias *%s is inside its own anchor", n.Value)
		}
		r.open[n.Alias] = true
		defer delete(r.open, n.Alias)
		return r.merge(dict, n.Alias, depth+1)
	case yaml.MappingNode:
		return r.mapping(dict, n, depth, true)
	case yaml.SequenceNode:
		for _, e := range n.Content {
			if err := r.merge(dict, e, depth+1); err != nil {
				return err
			}
		}
		return nil
	}
	return r.errorf(n, "<< takes a mapping, or a list of mappings")
}

func (r *yamlReader) scalar(n *yaml.Node) (sl.Value, error) {
	switch n.ShortTag() {
	case "!!null":
		return sl.None, nil
	case "!!str":
		// The library takes an int that is too large for a float for a string, as
		// Kubernetes does.
		if digits := strings.TrimLeft(n.Value, "+-"); !r.json && n.Style == 0 && len(digits) > 300 && strings.Trim(digits, "0123456789") == "" {
			return r.integer(n)
		}
		if r.json && n.Style == 0 {
			switch n.Value {
			case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
				return sl.True, nil
			case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
				return sl.False, nil
			}
		}
	case "!!binary":
		bytes, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
		if err == nil && !r.json && !utf8.Valid(bytes) {
			err = errors.New("it is not UTF-8")
		}
		if err != nil {
			return nil, r.errorf(n, "!!binary: %v", err)
		}
		return sl.String(bytes), nil
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return nil, r.errorf(n, "%q is not a bool", n.Value)
		}
		return sl.Bool(b), nil
	case "!!int":
		return r.integer(n)
	case "!!float":
		if err := checkDigits(n.Value); err != nil {
			return nil, r.errorf(n, "%v", err)
		}
		// The decoder takes an int of more than 64 bits for a float.
		if i, ok := new(big.Int).SetString(strings.ReplaceAll(n.Value, "_", ""), 0); ok && n.Style&yaml.TaggedStyle == 0 {
			return sl.MakeBigInt(i), nil
		}
		// A zero in front of an 8 or a 9 makes no octal number.
		if i, ok := new(big.Int).SetString(n.Value, 10); ok && n.Style&yaml.TaggedStyle == 0 {
			return sl.MakeBigInt(i), nil
		}
		var f float64
		if err := n.Decode(&f); err != nil {
			return nil, r.errorf(n, "%q is not a float", n.Value)
		}
		if r.json && f == math.Trunc(f) && math.Abs(f) < 1e21 {
			i, _ := big.NewFloat(f).Int(nil)
			return sl.MakeBigInt(i), nil
		}
		return sl.Float(f), nil
	}
	return sl.String(n.Value), nil
}

// jsonKey returns the string that a key is in JSON.
func (r *yamlReader) jsonKey(n *yaml.Node, key sl.Value) (sl.Value, error) {
	switch key := key.(type) {
	case sl.String:
		return key, nil
	case sl.Int:
		return sl.String(key.String()), nil
	case sl.Bool:
		return sl.String(strconv.FormatBool(bool(key))), nil
	case sl.Float:
		name := strconv.FormatFloat(float64(key), 'g', -1, 32)
		if special, ok := map[string]string{"+Inf": ".inf", "-Inf": "-.inf", "NaN": ".nan"}[name]; ok {
			name = special
		}
		return sl.String(name), nil
	}
	return nil, r.errorf(n, "%s cannot be a key", key.Type())
}

func (r *yamlReader) integer(n *yaml.Node) (sl.Value, error) {
	if err := checkDigits(n.Value); err != nil {
		return nil, r.errorf(n, "%v", err)
	}
	i, ok := new(big.Int).SetString(strings.ReplaceAll(n.Value, "_", ""), 0)
	if !ok {
		return nil, r.errorf(n, "%q is not an int", n.Value)
	}
	return sl.MakeBigInt(i), nil
}
