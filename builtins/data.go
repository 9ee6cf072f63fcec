package builtins

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	sltime "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.yaml.in/yaml/v3"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/internal/yaml11"
	"github.com/sextant-dev/sextant/starlark/convert"
)

// dataFunctions turn texts into values and back.
func dataFunctions() []row {
	decode := func(name, what, returns string, f func(name, text string) (sl.Value, error)) row {
		return row{Name: name, Returns: returns, Doc: "Reads a text as " + what + ".", Define: func(p *params) body {
			text := table.Required(p, "text", textOf, "The text.")
			return func(_ *Run, c *call) (sl.Value, error) {
				b := text.Of(c)
				v, err := f(b.source, b.text)
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return v, nil
			}
		}}
	}
	encode := func(name, what string, f func(sl.Value, int64) ([]byte, error)) row {
		return row{Name: name, Returns: "Blob", Doc: "Writes a value as " + what + ".", Define: func(p *params) body {
			value := table.Required(p, "value", table.Any, "The value; a Cluster is written as its API object.")
			return func(r *Run, c *call) (sl.Value, error) {
				data, err := f(value.Of(c), r.options.Limits.Output)
				if err != nil {
					return nil, c.Errorf("%w", err)
				}
				return &blob{text: string(data)}, nil
			}
		}}
	}
	return []row{
		{Name: "blob", Returns: "Blob", Doc: "Makes a Blob of a text.", Define: func(p *params) body {
			text := table.Required(p, "text", textOf, "The text.")
			return func(_ *Run, c *call) (sl.Value, error) { return &blob{text: text.Of(c).text}, nil }
		}},
		decode("decode_json", "JSON", "any", decodeJSON),
		decode("decode_yaml", "one YAML document", "any", decodeYAML),
		decode("decode_yaml_stream", "any number of YAML documents", "list", decodeYAMLStream),
		encode("encode_json", "JSON on one line", encodeJSON),
		encode("encode_yaml", "a YAML document", encodeYAML),
		encode("encode_yaml_stream", "a stream of YAML documents, one an element", encodeYAMLStream),
	}
}

// maxDepth bounds how deep data nest, going in and out.
const maxDepth = 1000

var errTooDeep = fmt.Errorf("nested deeper than %d", maxDepth)

// decodeJSON reads one JSON value. Objects keep the order of their keys; a
// number without fraction and exponent is an int of any size; a key that
// stands twice is an error. name is the file, for messages.
func decodeJSON(name, text string) (sl.Value, error) {
	text = strings.TrimPrefix(text, "\ufeff") // as YAML and scripts may have it
	d := jsonReader{Decoder: json.NewDecoder(strings.NewReader(text)), text: text}
	d.UseNumber()
	v, err := d.value(0)
	if err == nil {
		d.mark()
		if _, end := d.Token(); end != io.EOF {
			err = errors.New("more text after the value")
		}
	}
	if err == nil {
		return v, nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		d.at, err = len(text), errors.New("the text ends too early")
	case errors.As(err, &syntax):
		// The offsets of a Decoder are those of its tokens; Unmarshal has
		// that of the character.
		if errors.As(json.Unmarshal([]byte(text), new(any)), &syntax) {
			d.at, err = int(syntax.Offset)-1, syntax
		}
	}
	return nil, fmt.Errorf("%s%w", dataPlace(name, text, d.at), err)
}

// dataPlace says where in a data file an offset is: "file:line:column: ".
func dataPlace(name, text string, offset int) string {
	before := text[:min(offset, len(text))]
	line := strings.Count(before, "\n") + 1
	column := len([]rune(before[strings.LastIndexByte(before, '\n')+1:])) + 1
	if name == "" {
		return fmt.Sprintf("line %d, column %d: ", line, column)
	}
	return fmt.Sprintf("%s:%d:%d: ", name, line, column)
}

// jsonReader turns tokens into values.
type jsonReader struct {
	*json.Decoder
	text string
	// at is where the value begins that was read last, for messages.
	at int
}

// mark notes where the next value begins.
func (d *jsonReader) mark() {
	d.at = int(d.InputOffset())
	for d.at < len(d.text) && strings.IndexByte(" \t\r\n,:", d.text[d.at]) >= 0 {
		d.at++
	}
}

func (d *jsonReader) value(depth int) (sl.Value, error) {
	d.mark()
	if depth > maxDepth {
		return nil, errTooDeep
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return d.array(depth)
		}
		return d.object(depth)
	case json.Number:
		return jsonNumber(t.String())
	case string:
		return sl.String(t), nil
	case bool:
		return sl.Bool(t), nil
	}
	return sl.None, nil
}

func (d *jsonReader) array(depth int) (sl.Value, error) {
	var items []sl.Value
	for d.More() {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	_, err := d.Token()
	return sl.NewList(items), err
}

func (d *jsonReader) object(depth int) (sl.Value, error) {
	dict := &sl.Dict{}
	for d.More() {
		key, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if _, again, _ := dict.Get(key); again {
			return nil, fmt.Errorf("the key %s stands twice", key)
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		if err := dict.SetKey(key, v); err != nil {
			return nil, err
		}
	}
	_, err := d.Token()
	return dict, err
}

func jsonNumber(s string) (sl.Value, error) {
	if strings.ContainsAny(s, ".eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, fmt.Errorf("the number %s is out of range", s)
		}
		return sl.Float(f), nil
	}
	i, _ := new(big.Int).SetString(s, 10)
	return sl.MakeBigInt(i), nil
}

// encodeJSON writes a value on one line of at most so many bytes. Dicts keep
// their order.
func encodeJSON(v sl.Value, most int64) ([]byte, error) {
	w := jsonWriter{most: most}
	if err := w.value(v, 0); err != nil {
		return nil, err
	}
	return w.Bytes(), nil
}

// apiObject is a value that stands for a Go value with a JSON form of its own.
type apiObject interface{ apiObject() (any, error) }

type jsonWriter struct {
	bytes.Buffer
	most int64
}

func (w *jsonWriter) value(v sl.Value, depth int) error {
	switch {
	case depth > maxDepth:
		return errTooDeep
	case int64(w.Len()) > w.most: // a few lists that hold each other twice never end
		return &LimitError{Limit: "output", Max: w.most, Where: "the encoded value"}
	}
	switch v := v.(type) {
	case sl.NoneType:
		w.WriteString("null")
	case sl.Bool:
		w.WriteString(strconv.FormatBool(bool(v)))
	case sl.Int:
		w.WriteString(v.String())
	case sl.Float:
		if f := float64(v); math.IsInf(f, 0) || math.IsNaN(f) {
			return fmt.Errorf("%s has no JSON form", v)
		}
		w.WriteString(v.String())
	case sl.String:
		return w.marshal(string(v))
	case *blob:
		return w.marshal(v.text)
	case sltime.Time:
		return w.marshal(time.Time(v).Format(time.RFC3339Nano))
	case apiObject:
		object, err := v.apiObject()
		if err != nil {
			return err
		}
		return w.marshal(object)
	case *convert.Record:
		return w.marshal(v.Go())
	case sl.IterableMapping:
		return w.dict(v, depth)
	case *starlarkstruct.Struct:
		return w.attrs(v, depth)
	case sl.Iterable:
		return w.list(v, depth)
	default:
		return fmt.Errorf("%s has no JSON form", v.Type())
	}
	return nil
}

// marshal writes a Go value as encoding/json does, without escaping for HTML.
func (w *jsonWriter) marshal(v any) error {
	e := json.NewEncoder(&w.Buffer)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	w.Truncate(w.Len() - len("\n"))
	return nil
}

func (w *jsonWriter) list(v sl.Iterable, depth int) error {
	w.WriteByte('[')
	first := true
	for e := range sl.Elements(v) {
		w.comma(&first)
		if err := w.value(e, depth+1); err != nil {
			return err
		}
	}
	w.WriteByte(']')
	return nil
}

func (w *jsonWriter) dict(v sl.IterableMapping, depth int) error {
	w.WriteByte('{')
	first := true
	for k, e := range sl.Entries(v) {
		key, ok := sl.AsString(k)
		if !ok {
			return fmt.Errorf("the key %s is of type %s: a key in JSON or YAML is a str here; write str(key)", k, k.Type())
		}
		w.comma(&first)
		if err := w.member(key, e, depth); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

func (w *jsonWriter) attrs(v sl.HasAttrs, depth int) error {
	w.WriteByte('{')
	first := true
	for _, name := range v.AttrNames() {
		e, err := v.Attr(name)
		if err != nil {
			return err
		}
		w.comma(&first)
		if err := w.member(name, e, depth); err != nil {
			return err
		}
	}
	w.WriteByte('}')
	return nil
}

// comma stands before every element but the first.
func (w *jsonWriter) comma(first *bool) {
	if !*first {
		w.WriteByte(',')
	}
	*first = false
}

func (w *jsonWriter) member(key string, v sl.Value, depth int) error {
	if err := w.marshal(key); err != nil {
		return err
	}
	w.WriteByte(':')
	return w.value(v, depth+1)
}

// maxNodes bounds the values one YAML text may become: aliases of aliases grow
// without bound.
const maxNodes = 4_000_000

// decodeYAML reads exactly one document; an empty text is None.
func decodeYAML(name, text string) (sl.Value, error) {
	docs, err := readYAML(name, text, false)
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

// decodeYAMLStream reads any number of documents and drops empty ones.
func decodeYAMLStream(name, text string) (sl.Value, error) {
	docs, err := readYAML(name, text, false)
	if err != nil {
		return nil, err
	}
	return sl.NewList(docs), nil
}

// readYAML reads documents. words also reads the words of YAML 1.1 for true and
// false.
func readYAML(name, text string, words bool) ([]sl.Value, error) {
	d := yaml.NewDecoder(bytes.NewReader(yaml11.Directives([]byte(text))))
	r := &yamlReader{name: name, words: words, open: map[*yaml.Node]bool{}}
	var docs []sl.Value
	for {
		var doc yaml.Node
		err := d.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil && json.Valid([]byte(text)) { // it has escapes that YAML 1.1 lacks
			v, err := decodeJSON(name, text)
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
	name  string
	words bool // yes and the like are bools
	nodes int
	// open are the aliased nodes being read, to find one inside itself.
	open map[*yaml.Node]bool
}

// syntaxError gives a parser's error its place, which package manifest finds:
// the parser knows at most a line, and often a wrong one.
func (r *yamlReader) syntaxError(text string, err error) error {
	var placed *manifest.Error
	if _, found := manifest.Find([]byte(text), manifest.Options{File: r.name}); errors.As(found, &placed) {
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
	case depth > maxDepth:
		return nil, r.errorf(n, "%v", errTooDeep)
	case r.nodes > maxNodes:
		return nil, r.errorf(n, "more than %d values, aliases followed", maxNodes)
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
			return nil, r.errorf(n, "the alias *%s stands inside its own anchor", n.Value)
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
			merges = append(merges, e)
			continue
		}
		key, err := r.value(k, depth+1)
		if err != nil {
			return err
		}
		if own[key.String()] {
			return r.errorf(k, "the key %s stands twice", key)
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

// merge adds the members of a << value: a mapping, or a list of them of which
// the first wins.
func (r *yamlReader) merge(dict *sl.Dict, n *yaml.Node, depth int) error {
	if depth > maxDepth {
		return r.errorf(n, "%v", errTooDeep)
	}
	switch n.Kind {
	case yaml.AliasNode:
		if r.open[n.Alias] {
			return r.errorf(n, "the alias *%s stands inside its own anchor", n.Value)
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
		if r.words && n.Style == 0 {
			switch n.Value {
			case "yes", "Yes", "YES", "on", "On", "ON":
				return sl.True, nil
			case "no", "No", "NO", "off", "Off", "OFF":
				return sl.False, nil
			}
		}
	case "!!bool":
		var b bool
		if err := n.Decode(&b); err != nil {
			return nil, r.errorf(n, "%q is no bool", n.Value)
		}
		return sl.Bool(b), nil
	case "!!int":
		i, ok := new(big.Int).SetString(strings.ReplaceAll(n.Value, "_", ""), 0)
		if !ok {
			return nil, r.errorf(n, "%q is no int", n.Value)
		}
		return sl.MakeBigInt(i), nil
	case "!!float":
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
			return nil, r.errorf(n, "%q is no float", n.Value)
		}
		return sl.Float(f), nil
	}
	return sl.String(n.Value), nil
}

// encodeYAML writes a value as one document, in block style.
func encodeYAML(v sl.Value, most int64) ([]byte, error) {
	data, err := encodeJSON(v, most)
	if err != nil {
		return nil, err
	}
	return YAML(data)
}

// YAML writes a JSON text as a YAML document in block style. Keys keep their
// order and numbers their value, of any size. No string is written so that a
// reader of YAML 1.1, as Kubernetes is, takes it for anything else.
func YAML(json []byte) ([]byte, error) {
	v, err := decodeJSON("", string(json))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(yamlNode(v)); err != nil {
		return nil, err
	}
	return out.Bytes(), e.Close()
}

// encodeYAMLStream writes each element of a sequence as a document.
func encodeYAMLStream(v sl.Value, most int64) ([]byte, error) {
	docs, ok := v.(sl.Iterable)
	if _, mapping := v.(sl.Mapping); !ok || mapping {
		return nil, fmt.Errorf("got %s, want a list of documents", v.Type())
	}
	var out []byte
	for doc := range sl.Elements(docs) {
		data, err := encodeYAML(doc, most-int64(len(out)))
		if err != nil {
			return nil, err
		}
		if out != nil {
			out = append(out, "---\n"...)
		}
		out = append(out, data...)
	}
	return out, nil
}

// yamlNode makes the node of a value that [decodeJSON] made.
func yamlNode(v sl.Value) *yaml.Node {
	switch v := v.(type) {
	case *sl.Dict:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for k, e := range v.Entries() {
			n.Content = append(n.Content, yamlNode(k), yamlNode(e))
		}
		return n
	case *sl.List:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for e := range v.Elements() {
			n.Content = append(n.Content, yamlNode(e))
		}
		return n
	case sl.String:
		n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: string(v)}
		switch {
		case strings.HasPrefix(n.Value, "\t"), notTextInYAML11().MatchString(n.Value):
			n.Style = yaml.DoubleQuotedStyle // in a block, the first tab would be taken for the indent
		case strings.Contains(n.Value, "\n"):
			n.Style = yaml.LiteralStyle
		}
		return n
	case sl.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(bool(v))}
	case sl.Int, sl.Float:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.String()}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// notTextInYAML11 matches what YAML 1.1 reads as a bool or a base 60 number and
// YAML 1.2, which the encoder knows, as text: https://yaml.org/type/bool.html,
// https://yaml.org/type/int.html.
var notTextInYAML11 = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?i:y|yes|on|n|no|off)$|^=$|^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`)
})
