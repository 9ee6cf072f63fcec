package starlark

import (
	"context"
	"iter"
	"math"
	"unsafe"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// Values that share their parts are small in memory, and large to whatever goes
// through them: a tuple of twice a tuple, forty times over, has a trillion leaves.

// maxNesting is how deep values may be nested that are hashed, compared, or made
// text of: it keeps the Go stack of what goes through them small.
const maxNesting = 100_000

// weigher adds up the parts of a value, as long as ctx is not done.
type weigher struct {
	ctx       context.Context
	sum, left uint64
	cut       bool // whether there were parts below the depth
}

// add adds a value, and reports whether to go on.
func (w *weigher) add(v sl.Value, depth int) bool {
	w.sum++
	if w.sum > w.left {
		return false
	}
	if w.sum%(1<<16) == 0 && w.ctx.Err() != nil {
		return false
	}
	switch v := v.(type) {
	case sl.Int, sl.Float, sl.Bool, sl.NoneType, *sl.Function:
		return true
	case sl.String:
		w.sum += uint64(len(v) / comparedBytes)
		return true
	case sl.Bytes:
		w.sum += uint64(len(v) / comparedBytes)
		return true
	case *sl.Builtin:
		return v.Receiver() == nil || w.inner(v.Receiver(), depth)
	}
	for e := range partsOf(v) {
		if !w.inner(e, depth) {
			return false
		}
	}
	return true
}

func (w *weigher) inner(v sl.Value, depth int) bool {
	if depth == 0 {
		w.cut = true
		return true
	}
	return w.add(v, depth-1)
}

// part identifies a value that holds others.
type part struct {
	at unsafe.Pointer
	n  int
}

// partOf identifies a value that holds others; ok is false for any other.
func partOf(v sl.Value) (id part, ok bool) {
	switch v := v.(type) {
	case *sl.List:
		return part{unsafe.Pointer(v), -1}, true
	case *sl.Dict:
		return part{unsafe.Pointer(v), -1}, true
	case *sl.Set:
		return part{unsafe.Pointer(v), -1}, true
	case *sl.Function:
		return part{unsafe.Pointer(v), -1}, true
	case *starlarkstruct.Struct:
		return part{unsafe.Pointer(v), -1}, true
	case sl.Tuple:
		return part{unsafe.Pointer(unsafe.SliceData(v)), len(v)}, true
	}
	return part{}, false
}

// partsOf are the values that a value holds.
func partsOf(v sl.Value) iter.Seq[sl.Value] {
	return func(yield func(sl.Value) bool) {
		switch v := v.(type) {
		case sl.Tuple:
			for _, e := range v {
				if !yield(e) {
					return
				}
			}
		case *sl.List:
			for i := range v.Len() {
				if !yield(v.Index(i)) {
					return
				}
			}
		case *sl.Dict:
			for key, value := range v.Entries() {
				if !yield(key) || !yield(value) {
					return
				}
			}
		case *sl.Set:
			for e := range v.Elements() {
				if !yield(e) {
					return
				}
			}
		case *starlarkstruct.Struct:
			for _, name := range v.AttrNames() {
				if field, err := v.Attr(name); err == nil && !yield(field) {
					return
				}
			}
		case *sl.Function:
			for i := range v.NumParams() {
				if d := v.ParamDefault(i); d != nil && !yield(d) {
					return
				}
			}
			for i := range v.NumFreeVars() {
				if _, free := v.FreeVar(i); free != nil && !yield(free) {
					return
				}
			}
		}
	}
}

// textSize is how many bytes a value takes as a string, about the largest int64 if it is
// nested too deep for one.
func textSize(v sl.Value) int64 {
	switch v := v.(type) {
	case sl.String:
		return int64(len(v)) + 2
	case sl.Int:
		return sizeOfDigits(v)
	}
	m := measure{}
	return m.size(v, 0)
}

// sizeOfDigits is the size of an integer as text, weighted by how long it takes to
// make that.
func sizeOfDigits(v sl.Int) int64 {
	n := int64(words(v))
	return n*n*chargedBytes/8 + 20
}

// measure adds up sizes as text. It has the sizes of the parts that were measured,
// and 0 for those that are being measured: a value that holds itself is cut there.
type measure struct {
	sizes map[part]int64
	// structs is how many structs are being measured: the text of one that is in itself
	// has no end.
	structs int
}

func (m *measure) size(v sl.Value, depth int) int64 {
	switch v := v.(type) {
	case sl.String:
		return int64(len(v)) + 2
	case sl.Bytes:
		return int64(len(v)) + 3
	case sl.Int:
		return sizeOfDigits(v)
	case *sl.Function:
		return 64
	}
	id, ok := partOf(v)
	if !ok {
		return 64
	}
	if depth > maxNesting {
		return math.MaxInt64 / 4
	}
	if depth > 0 { // most values hold nothing that holds something
		if size, ok := m.sizes[id]; ok {
			if size == 0 && m.structs > 0 {
				return math.MaxInt64 / 4
			}
			return size
		}
		if m.sizes == nil {
			m.sizes = map[part]int64{}
		}
		m.sizes[id] = 0
	}
	if _, ok := v.(*starlarkstruct.Struct); ok {
		m.structs++
		defer func() { m.structs-- }()
	}
	var sum int64 = 2
	for e := range partsOf(v) {
		sum = min(sum+m.size(e, depth+1)+2, math.MaxInt64/4)
	}
	if depth > 0 {
		m.sizes[id] = sum
	}
	return sum
}
