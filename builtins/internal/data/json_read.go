package data

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"

	sl "go.starlark.net/starlark"
)

// MaxDepth bounds how deep data nest, read and written.
const MaxDepth = 1000

var errTooDeep = fmt.Errorf("nested deeper than %d", MaxDepth)

// DecodeJSON reads one JSON value. Objects keep the order of their keys; a
// number without fraction and exponent is an int; a duplicate key is an error. name
// is the file, for messages.
func DecodeJSON(name, text string) (sl.Value, error) { return DecodeLastJSON(name, text, nil) }

// DecodeLastJSON is DecodeJSON that takes the last value of a duplicate key, and calls
// duplicate with what to warn of.
func DecodeLastJSON(name, text string, duplicate func(message string)) (sl.Value, error) {
	text = strings.TrimPrefix(text, "\ufeff") // as YAML and scripts may have it
	d := jsonReader{Decoder: json.NewDecoder(strings.NewReader(text)), name: name, text: text, duplicate: duplicate}
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

// dataPlace returns the position of an offset in a data file: "file:line:column: ".
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
	at   int
	name string
	// duplicate takes a warning of a duplicate key; if it is nil, the key is an error.
	duplicate func(message string)
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
	if depth > MaxDepth {
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
		if _, duplicate, _ := dict.Get(key); duplicate {
			err := fmt.Errorf("duplicate key %s", key)
			if d.duplicate == nil {
				return nil, err
			}
			d.duplicate(fmt.Sprintf("%s%v: the last value is taken", dataPlace(d.name, d.text, d.at), err))
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
	if err := checkDigits(s); err != nil {
		return nil, err
	}
	i, _ := new(big.Int).SetString(s, 10)
	return sl.MakeBigInt(i), nil
}

// MaxDigits is how many digits an integer may have, as in scripts: to read one takes
// the square of them.
const MaxDigits = 10_000

func checkDigits(s string) error {
	if len(s) > MaxDigits {
		return fmt.Errorf("an integer has too many digits: the limit is %d", MaxDigits)
	}
	return nil
}
