package data

import (
	"bytes"
	"encoding/json"

	sl "go.starlark.net/starlark"
)

// JSON writes a value on one line of at most so many bytes. Dicts keep their order.
func JSON(v sl.Value, most int64) ([]byte, error) {
	var e jsonEmitter
	w := writer{&e, most}
	if err := w.whole(v); err != nil {
		return nil, err
	}
	return e.Bytes(), nil
}

// jsonEmitter writes JSON without spaces.
type jsonEmitter struct {
	bytes.Buffer
	// first is set if the next item or key is the first of its list or dict.
	first bool
}

var _ emitter = (*jsonEmitter)(nil)

func (e *jsonEmitter) size() int64       { return int64(e.Len()) }
func (e *jsonEmitter) null()             { e.WriteString("null") }
func (e *jsonEmitter) plain(text string) { e.WriteString(text) }
func (e *jsonEmitter) raw(json []byte) bool {
	e.Write(json)
	return true
}

func (e *jsonEmitter) str(s string) error { return e.marshal(s) }

func (e *jsonEmitter) list() { e.begin('[') }
func (e *jsonEmitter) dict() { e.begin('{') }

func (e *jsonEmitter) begin(bracket byte) {
	e.WriteByte(bracket)
	e.first = true
}

func (e *jsonEmitter) endList() { e.end(']') }
func (e *jsonEmitter) endDict() { e.end('}') }

func (e *jsonEmitter) end(bracket byte) {
	e.WriteByte(bracket)
	e.first = false
}

func (e *jsonEmitter) item() {
	if !e.first {
		e.WriteByte(',')
	}
	e.first = false
}

func (e *jsonEmitter) key(s string) error {
	e.item()
	err := e.marshal(s)
	e.WriteByte(':')
	return err
}

// marshal writes a Go value as encoding/json does, without escaping for HTML.
func (e *jsonEmitter) marshal(v any) error {
	encoder := json.NewEncoder(&e.Buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	e.Truncate(e.Len() - len("\n"))
	return nil
}

// marshal returns the JSON of a Go value.
func marshal(v any) ([]byte, error) {
	var e jsonEmitter
	err := e.marshal(v)
	return e.Bytes(), err
}
