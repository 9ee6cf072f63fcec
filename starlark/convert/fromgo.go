package convert

import (
	"cmp"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"time"

	timelib "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
)

// FromGo makes a Starlark value of a Go value, by the rules of the package
// documentation. Lists and dicts are new and not frozen, but for those inside a record.
// An error names the place inside v, such as "spec.items[2]".
func FromGo(v any) (sl.Value, error) {
	return fromGo(reflect.ValueOf(v), 0)
}

func fromGo(v reflect.Value, depth int) (sl.Value, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	if !v.IsValid() {
		return sl.None, nil
	}
	kind := v.Kind()
	if (kind == reflect.Pointer || kind == reflect.Interface) && v.IsNil() {
		return sl.None, nil
	}
	switch x := v.Interface().(type) {
	case sl.Value:
		return x, nil
	case time.Duration:
		return timelib.Duration(x), nil
	case *big.Int:
		return sl.MakeBigInt(x), nil
	}
	switch kind {
	case reflect.Pointer, reflect.Interface:
		return fromGo(v.Elem(), depth+1)
	case reflect.Bool:
		return sl.Bool(v.Bool()), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return sl.MakeInt64(v.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return sl.MakeUint64(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return sl.Float(v.Float()), nil
	case reflect.String:
		return sl.String(v.String()), nil
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return sl.Bytes(v.Bytes()), nil
		}
		return listFromGo(v, depth)
	case reflect.Map:
		return dictFromGo(v, depth)
	case reflect.Struct:
		if path := timeField(v.Type()); path != nil {
			return timeFromGo(v.FieldByIndex(path).Interface().(time.Time)), nil
		}
		return recordFromGo(v, depth)
	}
	return nil, fmt.Errorf("a Go %s has no Starlark value", v.Type())
}

func timeFromGo(t time.Time) sl.Value {
	if t.IsZero() {
		return sl.None
	}
	return timelib.Time(t.UTC())
}

func listFromGo(v reflect.Value, depth int) (sl.Value, error) {
	elems := make([]sl.Value, v.Len())
	for i := range elems {
		var err error
		if elems[i], err = fromGo(v.Index(i), depth+1); err != nil {
			return nil, atIndex(i, err)
		}
	}
	return sl.NewList(elems), nil
}

func dictFromGo(v reflect.Value, depth int) (sl.Value, error) {
	keys := v.MapKeys()
	switch v.Type().Key().Kind() {
	case reflect.String:
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.String(), b.String()) })
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		slices.SortFunc(keys, func(a, b reflect.Value) int { return cmp.Compare(a.Int(), b.Int()) })
	default:
		return nil, fmt.Errorf("a Go %s has no Starlark value: its keys must be strings or ints", v.Type())
	}
	dict := sl.NewDict(len(keys))
	for _, k := range keys {
		key, err := fromGo(k, depth+1)
		if err != nil {
			return nil, err
		}
		value, err := fromGo(v.MapIndex(k), depth+1)
		if err != nil {
			return nil, atKey(key, err)
		}
		if err := dict.SetKey(key, value); err != nil {
			return nil, err
		}
	}
	return dict, nil
}

func recordFromGo(v reflect.Value, depth int) (sl.Value, error) {
	fields, err := fieldsOf(v.Type())
	if err != nil {
		return nil, err
	}
	values := make([]sl.Value, len(fields))
	for i, f := range fields {
		fv, err := v.FieldByIndexErr(f.index)
		if err != nil {
			// An embedded pointer is nil: the field is as if it were empty.
			fv = reflect.Zero(v.Type().FieldByIndex(f.index).Type)
		}
		if values[i], err = fromGo(fv, depth+1); err != nil {
			return nil, at("."+f.name, err)
		}
		values[i].Freeze()
	}
	return &Record{source: v.Interface(), fields: fields, values: values}, nil
}
