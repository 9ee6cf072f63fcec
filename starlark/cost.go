package starlark

import (
	"math"

	sl "go.starlark.net/starlark"
)

// What is done in one step.
const (
	chargedBytes   = 16  // bytes of a string that a builtin reads to make another
	formattedBytes = 4   // bytes that are made one by one, as of a format
	copiedBytes    = 64  // bytes that are copied, or searched
	comparedBytes  = 256 // bytes that are compared, or hashed
)

// hashed is how many steps it takes to put an element into a set or dict.
const hashed = 4

// itemBytes is what one element of a list takes.
const itemBytes = 16

// isSmall reports whether nothing that is done with a value once takes longer than a
// step.
func isSmall(v sl.Value) bool {
	switch v := v.(type) {
	case sl.NoneType, sl.Bool, sl.Float:
		return true
	case sl.Int:
		_, small := v.Int64()
		return small
	case sl.String:
		return len(v) <= chargedBytes
	}
	return false
}

func allSmall(values sl.Tuple) bool {
	if len(values) > 8 {
		return false
	}
	for _, v := range values {
		if !isSmall(v) {
			return false
		}
	}
	return true
}

// items is what a value costs whose parts are looked at one by one.
func items(v sl.Value) uint64 {
	switch v := v.(type) {
	case sl.String:
		return uint64(len(v) / chargedBytes)
	case sl.Bytes:
		return uint64(len(v) / chargedBytes)
	case *sl.List:
		return uint64(v.Len())
	case sl.Tuple:
		return uint64(len(v))
	case *sl.Dict:
		return uint64(v.Len())
	case *sl.Set:
		return uint64(v.Len())
	case sl.Int:
		n := uint64(words(v))
		return n * n / 8 // as long as it takes to make text of it
	}
	return 0
}

// lazyItems is how many elements a sequence has that takes no memory for them.
func lazyItems(v sl.Value) int64 {
	switch v.(type) {
	case sl.String, sl.Bytes, *sl.List, sl.Tuple, *sl.Dict, *sl.Set, sl.Int, sl.NoneType, sl.Bool:
		return 0
	}
	if v.Type() != "range" {
		return 0
	}
	return int64(max(sl.Len(v), 0))
}

// copies is what it costs to copy a value.
func copies(v sl.Value) uint64 {
	switch v := v.(type) {
	case sl.String:
		return uint64(len(v) / copiedBytes)
	case sl.Bytes:
		return uint64(len(v) / copiedBytes)
	case *sl.List:
		return uint64(v.Len() / 4)
	case sl.Tuple:
		return uint64(len(v) / 4)
	case *sl.Dict:
		return hashed * uint64(v.Len())
	case *sl.Set:
		return hashed * uint64(v.Len())
	}
	return 0
}

// saturated multiplies up to about the largest int64.
func saturated(a, b int64) int64 {
	if a > 0 && b > math.MaxInt64/2/a {
		return math.MaxInt64 / 2
	}
	return a * b
}

// words is how many machine words a large integer has.
func words(i sl.Int) int {
	if _, small := i.Int64(); small {
		return 0
	}
	return i.BigInt().BitLen() / 64
}

// bits is how many bits an integer has.
func bits(v sl.Value) int {
	i, ok := v.(sl.Int)
	if !ok {
		return 0
	}
	return i.BigInt().BitLen()
}
