package starlark

import (
	"strings"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"github.com/sextant-dev/sextant/diag"
)

// To the interpreter a call of a builtin and an operation are one step each,
// whatever they do, and nothing can stop one that has begun. So a file is changed
// before it is compiled: where an operation may cost more than a step, an operand,
// or the result, goes through a gate. The expression gate[x] is x, once what x costs
// there is charged. Gates are left out if the source shows that the cost is small.

// gate is a mapping of every value to itself, or to a wrapper of it.
type gate struct {
	sl.NoneType // what no script sees of it
	meter       *meter
	pass        func(m *meter, v sl.Value) (sl.Value, error)
}

var _ sl.Mapping = (*gate)(nil)

func (g *gate) Get(v sl.Value) (sl.Value, bool, error) {
	v, err := g.pass(g.meter, v)
	return v, err == nil, err
}

// The names of gates, which scripts can't spell, so they can't shadow them.
const (
	gateMethod    = "(m)"    // what is called of a value: x.m in x.m(y)
	gateLight     = "(m..)"  // the same, with arguments that are literals, or none
	gateKeyed     = "(m[])"  // the same, with a first argument that went through gateKey
	gateAttribute = "(.)"    // x.m that is not called
	gateArguments = "(*)"    // *args and **kwargs
	gateMade      = "(+)"    // the result of + or <<
	gateText      = "(%%)"   // the result of %
	gateSlice     = "([:])"  // the result of x[i:j]
	gateStride    = "([::])" // the result of x[i:j:k]
	gateFactor    = "(x)"    // an operand of *
	gateFormatted = "(%)"    // the right operand of %
	gateDivisor   = "(//)"   // the right operand of //
	gateSet       = "(-)"    // the right operand of -, &, | or ^
	gateAddend    = "(+=)"   // the right side of +=
	gateUnited    = "(|=)"   // the right side of |=
	gateMultiply  = "(*=)"   // the right side of *=
	gateCompared  = "(==)"   // the right operand of a comparison
	gateSearched  = "(in)"   // the right operand of in
	gateKey       = "(key)"  // the key of a dict, or what may be one
)

// gates is what each gate charges for.
var gates = map[string]func(*meter, sl.Value) (sl.Value, error){
	gateMethod: passMethod, gateKeyed: passKeyed, gateLight: passLight, gateAttribute: passAttribute, gateArguments: passArguments,
	gateMade: passMade, gateText: passText, gateSlice: passSlice, gateStride: passStride, gateFactor: passFactor, gateFormatted: passFormatted,
	gateDivisor: passDivisor, gateSet: passSet, gateAddend: passAddend, gateUnited: passUnited,
	gateMultiply: passMultiply, gateCompared: passCompared, gateSearched: passSearched, gateKey: passKey,
}

// addGates adds what a file with gates refers to, and makes the functions that it
// can name charge.
func addGates(m *meter, names sl.StringDict) {
	for name, v := range names {
		if b, ok := v.(*sl.Builtin); ok {
			names[name] = m.function(b)
		}
	}
	for name, v := range sl.Universe {
		if b, ok := v.(*sl.Builtin); ok && !names.Has(name) && !isCheap(name) {
			names[name] = m.function(b)
		}
	}
	for name, pass := range gates {
		names[name] = &gate{meter: m, pass: pass}
		names[name+predeclared] = names[name]
	}
}

// predeclared ends the names of gates as the first statements of a file read them.
const predeclared = "="

// removeGates removes the globals that those statements make.
func removeGates(globals sl.StringDict) {
	for name := range gates {
		delete(globals, name)
	}
}

// isGate reports whether addGates adds a name that scripts can't spell.
func isGate(name string) bool { return strings.HasPrefix(name, "(") }

// isCheap reports whether a function of the language takes about as long as a step
// whatever it is given.
func isCheap(name string) bool {
	switch name {
	case "len", "type", "bool", "range", "hasattr", "abs", "chr", "ord", "float":
		return true
	}
	return false
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

// passSlice charges for a part of a sequence. That of a string is not copied.
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

// passFormatted charges for the strings of the values that are formatted.
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

// passText charges for a string that was formatted.
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
