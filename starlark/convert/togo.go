package convert

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"time"

	timelib "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/internal/suggest"
)

// ToGo stores a Starlark value in what ptr points to, by the rules of the package
// documentation. A struct is filled from a dict, a [Record] or a struct()
// whose keys are the JSON names or the snake case names of its fields; fields
// that the value lacks keep what they hold, and a key that is not a field is an
// error. None empties what can be nil, and times, and is an error elsewhere.
// An integer must fit. An error names the place inside v, such as
// "spec.items[2].host"; what ptr points to may then be filled in part.
func ToGo(v sl.Value, ptr any) error {
	dst := reflect.ValueOf(ptr)
	if dst.Kind() != reflect.Pointer || dst.IsNil() {
		return fmt.Errorf("convert.ToGo: need a non-nil pointer to store in, got %T", ptr)
	}
	if v == nil {
		return errors.New("convert.ToGo: no value to store: it is nil")
	}
	return toGo(dst.Elem(), v, 0)
}

var (
	valueType = reflect.TypeFor[sl.Value]()
	bigType   = reflect.TypeFor[*big.Int]()
)

func toGo(dst reflect.Value, v sl.Value, depth int) error {
	if depth > maxDepth {
		return errTooDeep
	}
	t := dst.Type()
	if t.Implements(valueType) {
		return valueToGo(dst, v)
	}
	if i, ok := v.(sl.Int); ok && t == bigType {
		dst.Set(reflect.ValueOf(i.BigInt()))
		return nil
	}
	if path := timeField(t); path != nil {
		return timeToGo(dst.FieldByIndex(path), v)
	}
	switch dst.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		if v == sl.None {
			dst.SetZero()
			return nil
		}
	}
	switch dst.Kind() {
	case reflect.Pointer:
		if dst.IsNil() {
			dst.Set(reflect.New(t.Elem()))
		}
		return toGo(dst.Elem(), v, depth+1)
	case reflect.Interface:
		return anyToGo(dst, v, depth)
	case reflect.Slice:
		return sliceToGo(dst, v, depth)
	case reflect.Map:
		return mapToGo(dst, v, depth)
	case reflect.Struct:
		return structToGo(dst, v, depth)
	case reflect.Bool:
		b, ok := v.(sl.Bool)
		if !ok {
			return mismatch("bool", v)
		}
		dst.SetBool(bool(b))
		return nil
	case reflect.String:
		s, ok := v.(sl.String)
		if !ok {
			return mismatch("string", v)
		}
		dst.SetString(string(s))
		return nil
	}
	return numberToGo(dst, v)
}

func mismatch(want string, v sl.Value) error {
	return fmt.Errorf("want %s, got %s", want, v.Type())
}

// valueToGo stores a Starlark value as it is.
func valueToGo(dst reflect.Value, v sl.Value) error {
	switch t := dst.Type(); {
	case reflect.TypeOf(v).AssignableTo(t):
		dst.Set(reflect.ValueOf(v))
	case v == sl.None:
		dst.SetZero()
	default:
		return mismatch(t.String(), v)
	}
	return nil
}

// anyToGo stores what plainGo returns for v.
func anyToGo(dst reflect.Value, v sl.Value, depth int) error {
	if t := dst.Type(); t.NumMethod() > 0 {
		return mismatch(t.String(), v)
	}
	plain, err := plainGo(v, depth)
	if err == nil && plain != nil {
		dst.Set(reflect.ValueOf(plain))
	}
	return err
}

func numberToGo(dst reflect.Value, v sl.Value) error {
	if d, ok := v.(timelib.Duration); ok && dst.Type() == reflect.TypeFor[time.Duration]() {
		dst.SetInt(int64(d))
		return nil
	}
	switch dst.Kind() {
	case reflect.Float32, reflect.Float64:
		f, ok := sl.AsFloat(v)
		if !ok {
			return mismatch("float", v)
		}
		if _, whole := v.(sl.Int); dst.OverflowFloat(f) || whole && math.IsInf(f, 0) {
			return fmt.Errorf("%s is out of range for %s", v, dst.Type())
		}
		dst.SetFloat(f)
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if i, ok := v.(sl.Int); ok {
			n, fits := i.Int64()
			if !fits || dst.OverflowInt(n) {
				return fmt.Errorf("%s is out of range for %s", v, dst.Type())
			}
			dst.SetInt(n)
			return nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		if i, ok := v.(sl.Int); ok {
			n, fits := i.Uint64()
			if !fits || dst.OverflowUint(n) {
				return fmt.Errorf("%s is out of range for %s", v, dst.Type())
			}
			dst.SetUint(n)
			return nil
		}
	default:
		return fmt.Errorf("no Starlark value can be a Go %s", dst.Type())
	}
	if dst.Type() == reflect.TypeFor[time.Duration]() {
		return mismatch("time.duration", v)
	}
	return mismatch("int", v)
}

func timeToGo(dst reflect.Value, v sl.Value) error {
	switch v := v.(type) {
	case timelib.Time:
		dst.Set(reflect.ValueOf(time.Time(v)))
	case sl.NoneType:
		dst.SetZero()
	case sl.String:
		t, err := time.Parse(time.RFC3339Nano, string(v))
		if err != nil {
			return fmt.Errorf("%s is not a time as RFC 3339 has it, such as \"2006-01-02T15:04:05Z\"", v)
		}
		dst.Set(reflect.ValueOf(t))
	default:
		return mismatch("time.time", v)
	}
	return nil
}

// elements returns what a list, tuple or set holds.
func elements(v sl.Value) ([]sl.Value, bool) {
	switch v := v.(type) {
	case sl.Tuple:
		return v, true
	case *sl.List, *sl.Set:
		var elems []sl.Value
		for e := range sl.Elements(v.(sl.Iterable)) {
			elems = append(elems, e)
		}
		return elems, true
	}
	return nil, false
}

func sliceToGo(dst reflect.Value, v sl.Value, depth int) error {
	if dst.Type().Elem().Kind() == reflect.Uint8 {
		switch b := v.(type) {
		case sl.Bytes:
			dst.SetBytes([]byte(b))
			return nil
		case sl.String:
			dst.SetBytes([]byte(b))
			return nil
		}
	}
	elems, ok := elements(v)
	if !ok {
		return mismatch("list", v)
	}
	out := reflect.MakeSlice(dst.Type(), len(elems), len(elems))
	for i, e := range elems {
		if err := toGo(out.Index(i), e, depth+1); err != nil {
			return atIndex(i, err)
		}
	}
	dst.Set(out)
	return nil
}

func mapToGo(dst reflect.Value, v sl.Value, depth int) error {
	items, ok := entries(v)
	if !ok {
		return mismatch("dict", v)
	}
	out := reflect.MakeMapWithSize(dst.Type(), len(items))
	for _, item := range items {
		key := reflect.New(dst.Type().Key()).Elem()
		if err := toGo(key, item[0], depth+1); err != nil {
			return fmt.Errorf("key %s: %w", item[0], err)
		}
		value := reflect.New(dst.Type().Elem()).Elem()
		if err := toGo(value, item[1], depth+1); err != nil {
			return atKey(item[0], err)
		}
		if !key.Comparable() {
			return fmt.Errorf("key %s: a Go map cannot have a %s as its key", item[0], item[0].Type())
		}
		out.SetMapIndex(key, value)
	}
	dst.Set(out)
	return nil
}

func structToGo(dst reflect.Value, v sl.Value, depth int) error {
	items, ok := entries(v)
	if !ok {
		return mismatch("dict or struct", v)
	}
	fields, err := fieldsOf(dst.Type())
	if err != nil {
		return err
	}
	given := make(map[string]bool, len(items))
	for _, item := range items {
		key, ok := item[0].(sl.String)
		if !ok {
			return fmt.Errorf("key %s: %w", item[0], mismatch("string", item[0]))
		}
		f, err := lookup(fields, string(key))
		if err == nil && given[f.name] {
			err = errors.New("given twice, in two spellings")
		}
		if err != nil {
			return atKey(key, err)
		}
		given[f.name] = true
		if err := toGo(reach(dst, f.index), item[1], depth+1); err != nil {
			return atKey(key, err)
		}
	}
	return nil
}

func lookup(fields []field, key string) (field, error) {
	names := make([]string, len(fields))
	for i, f := range fields {
		if key == f.name || key == f.json {
			return f, nil
		}
		names[i] = f.name
	}
	if suggestion := suggest.Name(key, names); suggestion != "" {
		return field{}, fmt.Errorf("no such field (did you mean %s?)", suggestion)
	}
	return field{}, errors.New("no such field")
}

// reach is FieldByIndex, making the embedded pointers that are nil.
func reach(v reflect.Value, index []int) reflect.Value {
	for _, i := range index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}
