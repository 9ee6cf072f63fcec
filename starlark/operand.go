package starlark

import (
	"math"

	sl "go.starlark.net/starlark"
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

// passSet wraps what the operators of sets copy.
func passSet(m *meter, v sl.Value) (sl.Value, error) {
	switch v.(type) {
	case *sl.Set, *sl.Dict:
		return &operand{v, m}, nil
	}
	return v, nil
}

// passUnited wraps a set, which |= copies, and charges for a dict, which it changes.
func passUnited(m *meter, v sl.Value) (sl.Value, error) {
	switch v := v.(type) {
	case *sl.Set:
		return &operand{v, m}, nil
	case *sl.Dict:
		return v, m.charge(copies(v), 0)
	}
	return v, nil
}

// passAddend wraps what += copies together with the left side.
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

// product is how many bits the product of two integers has, 0 if one of them is 0 or
// none.
func product(x, y int) int {
	if x == 0 || y == 0 {
		return 0
	}
	return x + y
}

// repeated is how many bytes a sequence takes that is repeated so many times, at
// most about the largest int64; 0 for other operands.
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
