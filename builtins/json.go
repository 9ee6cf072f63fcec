package builtins

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	sltime "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/starlark/convert"
)

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
