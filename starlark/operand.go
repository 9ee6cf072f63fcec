package starlark

import (
	"math"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
)

// operand is an operand of an operation that is charged by both of its operands: the
// language asks an operand only if it does not know it itself.
type operand struct {
	sl.Value
	meter *meter
}

var _ sl.HasBinary = (*operand)(nil)

func (o *operand) Binary(op syntax.Token, other sl.Value, side sl.Side) (sl.Value, error) {
	if wrapped, ok := other.(*operand); ok {
		other = wrapped.Value
	}
	x, y := other, o.Value
	if side == sl.Left {
		x, y = o.Value, other
	}
	if op == syntax.STAR {
		memory := max(repeated(x, y), repeated(y, x))
		if product(bits(x), bits(y)) > maxBits {
			return nil, &diag.LimitError{Limit: diag.LimitDigits, Max: MaxDigits}
		}
		cost := uint64(memory/copiedBytes) + uint64(bits(x)/64)*uint64(bits(y)/64)/16
		if err := o.meter.charge(cost, memory); err != nil {
			return nil, err
		}
	} else if err := o.meter.charge(copies(x)+copies(y), 0); err != nil {
		return nil, err
	}
	return sl.Binary(op, x, y)
}

// addend is the tuple on the right side of +=, which a list is extended by.
type addend struct {
	sl.Tuple
	meter *meter
}

var _ sl.HasBinary = addend{}

func (a addend) Binary(op syntax.Token, other sl.Value, side sl.Side) (sl.Value, error) {
	return (&operand{a.Tuple, a.meter}).Binary(op, other, side)
}

// passFactor wraps what is not a number of one machine word.
func passFactor(m *meter, v sl.Value) (sl.Value, error) {
	switch n := v.(type) {
	case sl.Int:
		if _, small := n.Int64(); small {
			return v, nil
		}
	case sl.Float:
		return v, nil
	}
	return &operand{v, m}, nil
}

// passMultiply wraps in any case, since nothing is known of the left side.
func passMultiply(m *meter, v sl.Value) (sl.Value, error) { return &operand{v, m}, nil }

func passSet(m *meter, v sl.Value) (sl.Value, error) {
	switch v.(type) {
	case *sl.Set, *sl.Dict:
		return &operand{v, m}, nil
	}
	return v, nil
}

func passUnited(m *meter, v sl.Value) (sl.Value, error) {
	switch v := v.(type) {
	case *sl.Set:
		return &operand{v, m}, nil
	case *sl.Dict: // in place
		return v, m.charge(copies(v), 0)
	}
	return v, nil
}

func passAddend(m *meter, v sl.Value) (sl.Value, error) {
	switch v := v.(type) {
	case sl.Int, sl.Float:
		return v, nil
	case sl.String, sl.Bytes:
		return &operand{v, m}, nil
	case sl.Tuple:
		return addend{v, m}, nil
	}
	return passArguments(m, v)
}

// passArguments charges for what is copied one by one: to the arguments of a call,
// or to a list in place.
func passArguments(m *meter, v sl.Value) (sl.Value, error) {
	n := lazyItems(v)
	return v, m.charge(items(v)+uint64(n), saturated(n, itemBytes))
}

// passMade charges for a result by its size: to make it is to copy it.
func passMade(m *meter, v sl.Value) (sl.Value, error) {
	if n, ok := v.(sl.Int); ok {
		if _, small := n.Int64(); !small && bits(n) > maxBits {
			return nil, &diag.LimitError{Limit: diag.LimitDigits, Max: MaxDigits}
		}
		return v, nil
	}
	return v, m.charge(copies(v), 0)
}

// passSlice charges for a part of a sequence. That of a text is not copied.
func passSlice(m *meter, v sl.Value) (sl.Value, error) {
	if list, ok := v.(*sl.List); ok {
		return v, m.charge(copies(list), 0)
	}
	return v, nil
}

// passStride charges for a part of a sequence that is made one by one.
func passStride(m *meter, v sl.Value) (sl.Value, error) {
	switch s := v.(type) {
	case sl.String:
		return v, m.charge(uint64(len(s)/formattedBytes), 0)
	case sl.Bytes:
		return v, m.charge(uint64(len(s)/formattedBytes), 0)
	}
	return v, m.charge(items(v), 0)
}

// passFormatted charges for the text of the values that are formatted.
func passFormatted(m *meter, v sl.Value) (sl.Value, error) {
	switch n := v.(type) {
	case sl.String:
		return v, m.charge(uint64(len(n)/copiedBytes), int64(len(n)))
	case sl.Int:
		return passDivisor(m, v)
	case sl.Tuple:
		if allSmall(n) {
			return v, nil
		}
	}
	size := textSize(v)
	return v, m.charge(uint64(size/chargedBytes)+items(v), size)
}

// passText charges for a text that was formatted.
func passText(m *meter, v sl.Value) (sl.Value, error) {
	if text, ok := v.(sl.String); ok {
		return v, m.charge(uint64(len(text)/formattedBytes), 0)
	}
	return v, nil
}

// passDivisor charges for the division of the largest integer.
func passDivisor(m *meter, v sl.Value) (sl.Value, error) {
	if n, ok := v.(sl.Int); ok {
		if _, small := n.Int64(); !small {
			return v, m.charge(uint64(words(n))*8, 0)
		}
	}
	return v, nil
}

// passCompared charges for a comparison with a value: of what both hold, it looks at
// no more than one of them has.
func passCompared(m *meter, v sl.Value) (sl.Value, error) {
	switch v := v.(type) {
	case sl.Int, sl.Float, sl.NoneType, sl.Bool:
		return v, nil
	case sl.String:
		return v, m.charge(uint64(len(v)/comparedBytes), 0)
	}
	return v, m.chargeWeight(v, sl.CompareLimit)
}

// passSearched charges for a search in a value.
func passSearched(m *meter, v sl.Value) (sl.Value, error) {
	switch v := v.(type) {
	case *sl.Dict, *sl.Set:
		return v, nil // the key has its own gate
	case sl.String:
		return v, m.charge(uint64(len(v)/copiedBytes), 0)
	}
	return v, m.chargeWeight(v, sl.CompareLimit)
}

// passKey charges for the hash of a value.
func passKey(m *meter, v sl.Value) (sl.Value, error) {
	switch k := v.(type) {
	case sl.String:
		return v, m.charge(uint64(len(k)/comparedBytes), 0)
	case sl.Tuple, *sl.Builtin, *starlarkstruct.Struct:
		return v, m.chargeWeight(v, maxNesting)
	}
	return v, nil
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

// product is how many bits the product of two integers has, 0 if one of them is 0 or
// none.
func product(x, y int) int {
	if x == 0 || y == 0 {
		return 0
	}
	return x + y
}

// repeated is how many bytes a sequence takes that is repeated so many times, at
// most about the largest int64; 0 if this is no such thing.
func repeated(sequence, times sl.Value) int64 {
	n, ok := times.(sl.Int)
	if !ok || n.Sign() <= 0 {
		return 0
	}
	var size int64
	switch s := sequence.(type) {
	case sl.String:
		size = int64(len(s))
	case sl.Bytes:
		size = int64(len(s))
	case *sl.List:
		size = itemBytes * int64(s.Len())
	case sl.Tuple:
		size = itemBytes * int64(len(s))
	}
	count, ok := n.Int64()
	if !ok {
		count = math.MaxInt64
	}
	return saturated(count, size)
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
