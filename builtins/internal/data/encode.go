package data

import (
	"fmt"
	"math"
	"time"

	sltime "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/starlark/convert"
)

// Object is a value that is written as a Go value by its JSON form.
type Object interface {
	sl.Value
	Object() (any, error)
}

// TooLargeError reports a value whose encoding exceeds the limit.
type TooLargeError struct{ Max int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the encoded value is over the limit of %d bytes", e.Max)
}

// emitter writes one format. The calls of a value are nested: a list is begun, has
// an item before each of its values, and is ended.
type emitter interface {
	null()
	// plain writes a bool or a number, which both formats write alike.
	plain(text string)
	str(s string) error
	// raw writes one JSON value as it is, if the format can hold it.
	raw(json []byte) (ok bool)
	list()
	item()
	endList()
	dict()
	key(s string) error
	endDict()
	size() int64
}

// writer hands a value to an emitter.
type writer struct {
	emitter
	most int64
}

// whole writes a value that is a whole document, or the last part of one.
func (w *writer) whole(v sl.Value) error {
	if err := w.value(v, 0); err != nil {
		return err
	}
	if w.size() > w.most {
		return &TooLargeError{w.most}
	}
	return nil
}

func (w *writer) value(v sl.Value, depth int) error {
	switch {
	case depth > MaxDepth:
		return errTooDeep
	case w.size() > w.most: // a few lists that hold each other twice never end
		return &TooLargeError{w.most}
	}
	switch v := v.(type) {
	case sl.NoneType:
		w.null()
	case sl.Bool:
		if v {
			w.plain("true")
		} else {
			w.plain("false")
		}
	case sl.Int:
		w.plain(v.String())
	case sl.Float:
		if f := float64(v); math.IsInf(f, 0) || math.IsNaN(f) {
			return fmt.Errorf("%s has no JSON form", v)
		}
		w.plain(v.String())
	case sl.String:
		return w.str(string(v))
	case sltime.Time:
		return w.str(time.Time(v).Format(time.RFC3339Nano))
	case Object:
		object, err := v.Object()
		if err != nil {
			return err
		}
		return w.goValue(object)
	case *convert.Record:
		return w.goValue(v.Go())
	case sl.IterableMapping:
		return w.mapping(v, depth)
	case *starlarkstruct.Struct:
		return w.attrs(v, depth)
	case sl.Iterable:
		return w.sequence(v, depth)
	default:
		return fmt.Errorf("%s has no JSON form", v.Type())
	}
	return nil
}

// goValue writes a Go value as encoding/json does, without escaping for HTML.
func (w *writer) goValue(v any) error {
	if s, ok := v.(string); ok {
		return w.str(s)
	}
	text, err := marshal(v)
	if err != nil || w.raw(text) {
		return err
	}
	value, err := DecodeJSON("", string(text))
	if err != nil {
		return err
	}
	return w.value(value, 0)
}

func (w *writer) sequence(v sl.Iterable, depth int) error {
	w.list()
	for e := range sl.Elements(v) {
		w.item()
		if err := w.value(e, depth+1); err != nil {
			return err
		}
	}
	w.endList()
	return nil
}

func (w *writer) mapping(v sl.IterableMapping, depth int) error {
	w.dict()
	for k, e := range sl.Entries(v) {
		key, ok := sl.AsString(k)
		if !ok {
			return fmt.Errorf("the key %s is of type %s: a key in JSON or YAML is a str here; write str(key)", k, k.Type())
		}
		if err := w.member(key, e, depth); err != nil {
			return err
		}
	}
	w.endDict()
	return nil
}

func (w *writer) attrs(v sl.HasAttrs, depth int) error {
	w.dict()
	for _, name := range v.AttrNames() {
		e, err := v.Attr(name)
		if err != nil {
			return err
		}
		if err := w.member(name, e, depth); err != nil {
			return err
		}
	}
	w.endDict()
	return nil
}

func (w *writer) member(key string, v sl.Value, depth int) error {
	if err := w.key(key); err != nil {
		return err
	}
	return w.value(v, depth+1)
}
