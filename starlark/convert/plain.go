package convert

import (
	"fmt"
	"math/big"
	"time"

	timelib "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// plainGo returns the Go value that represents v if the Go type leaves it
// open: nil, bool, int64 (*big.Int if that is too small), float64, string,
// []byte, time.Time, time.Duration, []any, map[string]any, and for a Record its
// struct.
func plainGo(v sl.Value, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	switch v := v.(type) {
	case sl.NoneType:
		return nil, nil
	case sl.Bool:
		return bool(v), nil
	case sl.Int:
		if n, ok := v.Int64(); ok {
			return n, nil
		}
		return new(big.Int).Set(v.BigInt()), nil
	case sl.Float:
		return float64(v), nil
	case sl.String:
		return string(v), nil
	case sl.Bytes:
		return []byte(v), nil
	case timelib.Time:
		return time.Time(v), nil
	case timelib.Duration:
		return time.Duration(v), nil
	case *Record:
		return v.Go(), nil
	}
	if elems, ok := elements(v); ok {
		out := make([]any, len(elems))
		for i, e := range elems {
			var err error
			if out[i], err = plainGo(e, depth+1); err != nil {
				return nil, atIndex(i, err)
			}
		}
		return out, nil
	}
	items, ok := entries(v)
	if !ok {
		return nil, fmt.Errorf("a %s has no Go value", v.Type())
	}
	out := make(map[string]any, len(items))
	for _, item := range items {
		key, ok := item[0].(sl.String)
		if !ok {
			return nil, fmt.Errorf("key %s: %w", item[0], mismatch("string", item[0]))
		}
		value, err := plainGo(item[1], depth+1)
		if err != nil {
			return nil, atKey(key, err)
		}
		out[string(key)] = value
	}
	return out, nil
}

// entries returns the pairs of a dict, or of the attributes of a record or
// struct().
func entries(v sl.Value) ([]sl.Tuple, bool) {
	switch v := v.(type) {
	case *sl.Dict:
		return v.Items(), true
	case *Record:
		items := make([]sl.Tuple, len(v.fields))
		for i, f := range v.fields {
			items[i] = sl.Tuple{sl.String(f.name), v.values[i]}
		}
		return items, true
	case *starlarkstruct.Struct:
		all := sl.StringDict{}
		v.ToStringDict(all)
		items := make([]sl.Tuple, 0, len(all))
		for _, name := range all.Keys() {
			items = append(items, sl.Tuple{sl.String(name), all[name]})
		}
		return items, true
	}
	return nil, false
}
