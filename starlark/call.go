package starlark

import (
	mathbits "math/bits"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/diag"
)

// charged returns a builtin that does what b does, and charges.
func charged(m *meter, b *sl.Builtin) *sl.Builtin {
	how := mannerOf(b)
	small := b.Receiver() == nil || isSmall(b.Receiver())
	wrapped := sl.NewBuiltin(b.Name(), func(thread *sl.Thread, _ *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
		if !small || len(kwargs) > 0 || !allSmall(args) {
			err := chargeCall(m, b, how, args, kwargs)
			if err == nil && how.orders {
				args, kwargs, err = chargeOrder(m, thread, b, args, kwargs)
			}
			if err != nil {
				return nil, err
			}
		}
		result, err := b.CallInternal(thread, args, kwargs)
		if err != nil {
			return nil, err
		}
		if method, ok := result.(*sl.Builtin); ok && b.Name() == "getattr" {
			return passAttribute(m, method)
		}
		return result, m.charge(items(result), 0)
	})
	if b.Receiver() != nil {
		return wrapped.BindReceiver(b.Receiver()) // its string names the type
	}
	return wrapped
}

// passAttribute makes a method charge that is called later.
func passAttribute(m *meter, v sl.Value) (sl.Value, error) {
	if b, ok := v.(*sl.Builtin); ok {
		return charged(m, b), nil
	}
	return v, nil
}

// passMethod charges for a method by its receiver, or makes it charge if its
// arguments count.
func passMethod(m *meter, v sl.Value) (sl.Value, error) {
	b, ok := v.(*sl.Builtin)
	if !ok {
		return v, nil
	}
	switch b.Receiver().(type) {
	case sl.String:
		switch b.Name() {
		case "join", "replace", "format", "startswith", "endswith", "strip", "lstrip", "rstrip":
			return charged(m, b), nil
		}
		return passLight(m, v)
	case *sl.List:
		if b.Name() == "append" {
			return v, nil
		}
	}
	return charged(m, b), nil
}

// passKeyed charges for one of the keyed methods.
func passKeyed(m *meter, v sl.Value) (sl.Value, error) {
	if b, ok := v.(*sl.Builtin); ok {
		switch b.Receiver().(type) {
		case *sl.Dict, *sl.Set:
			return v, nil // it looks one key up
		}
	}
	return passMethod(m, v)
}

// passLight charges for a method by its receiver, if its arguments are short.
func passLight(m *meter, v sl.Value) (sl.Value, error) {
	b, ok := v.(*sl.Builtin)
	if !ok {
		return v, nil
	}
	switch recv := b.Receiver().(type) {
	case sl.String:
		return v, m.charge(uint64(len(recv)/chargedBytes), 0)
	case sl.Bytes:
		return v, m.charge(uint64(len(recv)/chargedBytes), 0)
	case *sl.List:
		if b.Name() == "index" || b.Name() == "remove" {
			return v, m.charge(uint64(recv.Len()), 0)
		}
		return v, nil
	case *sl.Dict:
		switch b.Name() {
		case "items", "keys", "values":
			return v, m.charge(uint64(recv.Len()), 0)
		}
		return v, nil
	case *sl.Set:
		switch b.Name() {
		case "add", "discard", "remove", "pop", "clear":
			return v, nil
		}
		return v, m.charge(copies(recv), 0)
	}
	return charged(m, b), nil
}

// manner is what a builtin does with its arguments.
type manner struct {
	walks  bool // it goes through their elements
	stores bool // it keeps those elements
	whole  bool // it goes through all that they hold, as what makes a string of them
	orders bool // it compares their elements with each other
	keys   bool // it hashes their elements
	trims  bool // it looks for each character of the receiver in the argument
}

func mannerOf(b *sl.Builtin) manner {
	name := b.Name()
	m := manner{walks: true, stores: true}
	switch b.Receiver().(type) {
	case nil:
		switch name {
		case "bool", "type", "range", "dir", "hasattr", "getattr", "len":
			return manner{}
		case "str", "repr", "print", "fail":
			return manner{whole: true}
		case "min", "max":
			return manner{walks: true, orders: true}
		case "any", "all":
			return manner{walks: true}
		case "sorted":
			m.orders = true
		case "dict", "set":
			m.keys = true
		default:
			m.whole = !sl.Universe.Has(name)
		}
	case sl.String:
		m.whole = name == "format" || name == "join"
		m.trims = strings.HasSuffix(name, "strip")
	case sl.Bytes:
	case *sl.List:
		m.walks = name == "extend"
	case *sl.Dict:
		m.keys = true
		m.walks = name == "update"
	case *sl.Set:
		m.keys = true
		m.walks = name != "add" && name != "discard" && name != "remove"
	default:
		m.whole = true
	}
	return m
}

// chargeCall charges for the receiver and the arguments of a call.
func chargeCall(m *meter, b *sl.Builtin, how manner, args sl.Tuple, kwargs []sl.Tuple) error {
	c := call{meter: m, manner: how}
	switch recv := b.Receiver().(type) {
	case sl.String:
		c.steps += items(recv)
		c.memory = max(c.memory, textResult(string(recv), b.Name(), args))
		if how.trims && len(args) > 0 {
			if cutset, ok := sl.AsString(args[0]); ok {
				c.steps += uint64(saturated(int64(len(recv)), int64(len(cutset))/8)) / 4
			}
		}
	case sl.Bytes:
		c.steps += items(recv)
	case *sl.List:
		switch b.Name() {
		case "insert", "pop":
			if len(args) > 0 {
				c.steps += copies(recv)
			}
		case "index", "remove":
			if err := m.chargeWeight(recv, sl.CompareLimit); err != nil {
				return err
			}
		}
	case *sl.Set:
		if how.walks {
			c.steps += copies(recv)
		}
	}
	for _, arg := range args {
		if err := c.add(arg); err != nil {
			return err
		}
	}
	for _, kw := range kwargs {
		if err := c.add(kw[1]); err != nil {
			return err
		}
	}
	if b.Name() == "int" && len(args) > 0 {
		if s, ok := sl.AsString(args[0]); ok && len(s) > MaxDigits {
			return &diag.LimitError{Limit: diag.LimitDigits, Max: MaxDigits}
		}
	}
	return m.charge(c.steps, c.memory)
}

// call adds up what the arguments of one call cost.
type call struct {
	meter  *meter
	manner manner
	steps  uint64
	memory int64
}

func (c *call) add(v sl.Value) error {
	switch n := v.(type) {
	case sl.NoneType, sl.Bool, sl.Float:
		return nil
	case sl.Int:
		if _, small := n.Int64(); small {
			return nil
		}
	}
	if c.manner.walks || c.manner.whole {
		lazy := lazyItems(v)
		n := items(v) + uint64(lazy)
		if c.manner.keys {
			n *= hashed
		}
		c.steps += n
		if c.manner.stores {
			c.memory = max(c.memory, saturated(lazy, itemBytes))
		}
	}
	if c.manner.whole {
		size := textSize(v)
		c.steps += uint64(size / chargedBytes)
		c.memory += size
	}
	if !c.manner.keys {
		return nil
	}
	if !c.manner.walks {
		_, err := passKey(c.meter, v)
		return err
	}
	// Of a dict the keys are hashed again, and of another sequence its elements, or the
	// first of each of them.
	switch v := v.(type) {
	case *sl.Dict, *sl.Set, *sl.List, sl.Tuple:
		for e := range sl.Elements(v.(sl.Iterable)) {
			if pair, ok := e.(sl.Tuple); ok {
				if _, err := passKey(c.meter, pair); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// chargeOrder charges for the comparisons of sorted, min and max. A function that
// makes keys is called here, since its results count, and the arguments returned have
// one in its place that returns them in the order in which the builtin asks.
func chargeOrder(m *meter, thread *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Tuple, []sl.Tuple, error) {
	sorts := b.Name() == "sorted"
	if sorts && len(args) == 0 {
		return args, kwargs, nil // an error of the builtin
	}
	var elements sl.Value = args // of min(x, y)
	if sorts || len(args) == 1 {
		elements = args[0]
	}
	times := 1 // that each element is compared
	if sorts {
		n := max(sl.Len(elements), 1)
		times = mathbits.Len(uint(n))
		if err := m.charge(uint64(n)*uint64(times), 0); err != nil {
			return nil, nil, err
		}
	}
	args, kwargs = slices.Clone(args), slices.Clone(kwargs)
	key := keyArgument(sorts, args, kwargs)
	if key == nil || *key == sl.None {
		for e := range partsOf(elements) {
			if err := chargeCompared(m, e, times); err != nil {
				return nil, nil, err
			}
		}
		return args, kwargs, nil
	}
	iter := sl.Iterate(elements)
	if _, ok := (*key).(sl.Callable); !ok || iter == nil {
		return args, kwargs, nil // an error of the builtin
	}
	defer iter.Done()
	var results []sl.Value
	var e sl.Value
	for iter.Next(&e) {
		result, err := sl.Call(thread, *key, sl.Tuple{e}, nil)
		if err == nil {
			err = chargeCompared(m, result, times)
		}
		if err != nil {
			return nil, nil, err
		}
		results = append(results, result)
	}
	*key = sl.NewBuiltin("key", func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error) {
		result := results[0]
		results = results[1:]
		return result, nil
	})
	return args, kwargs, nil
}

// keyArgument returns where sorted, min or max has its function that makes keys, nil if
// it has none. The caller may change it there: the pair of kwargs that holds it is
// copied.
func keyArgument(sorts bool, args sl.Tuple, kwargs []sl.Tuple) *sl.Value {
	for i, kw := range kwargs {
		if name, _ := sl.AsString(kw[0]); name == "key" {
			kwargs[i] = slices.Clone(kw)
			return &kwargs[i][1]
		}
	}
	if sorts && len(args) > 1 {
		return &args[1]
	}
	return nil
}

// chargeCompared charges for so many comparisons with a value.
func chargeCompared(m *meter, v sl.Value, times int) error {
	switch v := v.(type) {
	case sl.String:
		return m.charge(uint64(len(v)/comparedBytes*times), 0)
	case sl.Int, sl.Float:
		return nil
	}
	before := m.thread.Steps
	if err := m.chargeWeight(v, sl.CompareLimit); err != nil {
		return err
	}
	return m.charge((m.thread.Steps-before)*uint64(times-1), 0)
}

// textResult is how many bytes a method of a string makes of it, as far as that is
// known to be much.
func textResult(s, method string, args sl.Tuple) int64 {
	switch method {
	case "replace":
		if len(args) < 2 {
			return 0
		}
		old, _ := sl.AsString(args[0])
		with, _ := sl.AsString(args[1])
		return int64(len(s)) + saturated(int64(strings.Count(s, old)), int64(len(with)))
	case "join":
		if len(args) == 0 {
			return 0
		}
		return saturated(int64(max(sl.Len(args[0]), 0)), int64(len(s)))
	}
	return 0
}
