package hub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A splitter finds the ends of JSON values, and decodes those that are used. That is a
// fraction of the work of encoding/json, which checks and decodes all that an API
// server sends, in two passes. What is skipped is not checked.
type splitter struct {
	body []byte
	at   int
}

var errSyntax = errors.New("it is not JSON")

// peek returns the next byte that is no space, 0 at the end.
func (s *splitter) peek() byte {
	for ; s.at < len(s.body); s.at++ {
		switch b := s.body[s.at]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

// take skips a byte, if it is the next.
func (s *splitter) take(b byte) bool {
	if s.peek() != b {
		return false
	}
	s.at++
	return true
}

// members calls f at each member of an object or an array.
func (s *splitter) members(open, end byte, f func() error) error {
	if !s.take(open) {
		return fmt.Errorf("%w: there is no %c", errSyntax, open)
	}
	if s.take(end) {
		return nil
	}
	for {
		if err := f(); err != nil {
			return err
		}
		if s.take(end) {
			return nil
		}
		if !s.take(',') {
			return errSyntax
		}
	}
}

// object calls f with the keys of an object. It is f that goes past the value, before
// which the key is to be used: it is part of the body.
func (s *splitter) object(f func(key []byte) error) error {
	return s.members('{', '}', func() error {
		if s.peek() != '"' {
			return errSyntax
		}
		key, err := s.value()
		if err != nil || !s.take(':') {
			return errSyntax
		}
		if bytes.IndexByte(key, '\\') < 0 {
			return f(key[1 : len(key)-1])
		}
		var text string
		if err := json.Unmarshal(key, &text); err != nil {
			return err
		}
		return f([]byte(text))
	})
}

func (s *splitter) skip() error {
	_, err := s.value()
	return err
}

// value returns the next value.
func (s *splitter) value() ([]byte, error) {
	s.peek()
	start, depth := s.at, 0
	for s.at < len(s.body) {
		switch b := s.body[s.at]; b {
		case '"':
			if !s.skipString() {
				return nil, errSyntax
			}
			if depth == 0 {
				return s.body[start:s.at], nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 { // the end of what the value is in
				return s.scalar(start)
			}
			if depth == 0 {
				s.at++
				return s.body[start:s.at], nil
			}
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return s.scalar(start)
			}
		}
		s.at++
	}
	return nil, errSyntax
}

// scalar returns a number or a literal that ends here.
func (s *splitter) scalar(start int) ([]byte, error) {
	if s.at == start {
		return nil, errSyntax
	}
	return s.body[start:s.at], nil
}

// skipString skips a string, and reports whether it has an end.
func (s *splitter) skipString() bool {
	for from := s.at + 1; ; {
		i := bytes.IndexByte(s.body[from:], '"')
		if i < 0 {
			return false
		}
		end := from + i
		escapes := 0 // that end at the quote
		for end-escapes > from && s.body[end-escapes-1] == '\\' {
			escapes++
		}
		if from = end + 1; escapes%2 == 0 {
			s.at = from
			return true
		}
	}
}

// A shape is how values of a type are decoded. It is made once of a type, so that no
// field can be forgotten.
type shape struct {
	kind reflect.Kind // reflect.Invalid leaves the value to encoding/json
	// fields are those of a struct by their names.
	fields map[string]member
	// elem is of what a pointer points to, or a slice has.
	elem *shape
	// time is set for a type that parses itself from a string.
	time bool
}

type member struct {
	index int
	shape *shape
}

// parser is metav1.Time and metav1.MicroTime.
type parser interface{ UnmarshalQueryParameter(string) error }

func shapeOf(t reflect.Type) *shape {
	switch p := reflect.PointerTo(t); {
	case p.Implements(reflect.TypeFor[parser]()):
		return &shape{time: true}
	case p.Implements(reflect.TypeFor[json.Unmarshaler]()):
		return &shape{}
	}
	s := &shape{kind: t.Kind()}
	switch t.Kind() {
	case reflect.String, reflect.Int64:
	case reflect.Map:
		if t != reflect.TypeFor[map[string]string]() {
			return &shape{}
		}
	case reflect.Pointer, reflect.Slice:
		s.elem = shapeOf(t.Elem())
	case reflect.Struct:
		s.fields = map[string]member{}
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" || f.Anonymous {
				return &shape{}
			}
			s.fields[name] = member{f.Index[0], shapeOf(f.Type)}
		}
	default:
		return &shape{}
	}
	return s
}

// decode decodes the next value into v, which is of the shape, as encoding/json does,
// but that names of fields are to be in their case.
func (s *splitter) decode(v reflect.Value, of *shape) error {
	first := s.peek()
	if first == '"' && of.time {
		text, err := s.text()
		if err != nil || text == "" || text == "null" { // which a query may have
			return fmt.Errorf("%.40q is not a time", text)
		}
		return v.Addr().Interface().(parser).UnmarshalQueryParameter(text)
	}
	if first == 'n' || of.kind == reflect.Invalid {
		value, err := s.value()
		if err != nil {
			return err
		}
		return json.Unmarshal(value, v.Addr().Interface())
	}
	switch of.kind {
	case reflect.Int64:
		value, err := s.value()
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != string(value) {
			return json.Unmarshal(value, v.Addr().Interface()) // which may allow -0
		}
		v.SetInt(n)
		return nil
	case reflect.String:
		text, err := s.text()
		v.SetString(text)
		return err
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		return s.decode(v.Elem(), of.elem)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 1))
		return s.members('[', ']', func() error {
			n := v.Len()
			v.Grow(1)
			v.SetLen(n + 1)
			v.Index(n).SetZero()
			return s.decode(v.Index(n), of.elem)
		})
	case reflect.Map:
		m := map[string]string{}
		v.Set(reflect.ValueOf(m))
		return s.object(func(key []byte) (err error) {
			name := string(key)
			m[name], err = s.text()
			return err
		})
	}
	return s.object(func(key []byte) error {
		f, ok := of.fields[string(key)]
		if !ok {
			return s.skip()
		}
		return s.decode(v.Field(f.index), f.shape)
	})
}

// text decodes the next value, a string.
func (s *splitter) text() (string, error) {
	value, err := s.value()
	if err != nil {
		return "", err
	}
	if string(value) == "null" {
		return "", nil
	}
	if value[0] != '"' {
		return "", fmt.Errorf("%.40q is not a string", value)
	}
	for _, b := range value[1 : len(value)-1] {
		if b < ' ' || b == '\\' || b >= utf8.RuneSelf {
			var text string
			err := json.Unmarshal(value, &text)
			return text, err
		}
	}
	return string(value[1 : len(value)-1]), nil
}
