package starlark

import (
	"math"

	sl "go.starlark.net/starlark"
)

// freeze freezes the globals of a file that was loaded, and charges for it. The
// language goes through tuples and functions as often as it meets them, and would not
// end at a function that calls itself through its own variable: such a function, and
// what holds it, is left as it is but for its other parts.
func freeze(m *meter, globals sl.StringDict) error {
	f := freezer{costs: map[part]uint64{}, endless: map[part]bool{}}
	var sum uint64
	for _, v := range globals {
		sum = min(sum+f.visit(v, 0), math.MaxUint64/4)
	}
	if err := m.charge(sum/4, 0); err != nil {
		return err
	}
	done := map[part]bool{}
	for _, v := range globals {
		f.freeze(v, done)
	}
	return nil
}

// freezer knows of each part what it costs to freeze it, and whether that ends.
type freezer struct {
	costs   map[part]uint64
	endless map[part]bool
	// functions is how many functions are being visited.
	functions int
}

// visit returns what it costs to freeze a value.
func (f *freezer) visit(v sl.Value, depth int) uint64 {
	id, ok := partOf(v)
	if !ok {
		return 1
	}
	if depth > maxNesting {
		return math.MaxUint64 / 4
	}
	if cost, ok := f.costs[id]; ok {
		switch {
		case cost == 0 && (!flagged(v) || f.functions > 0): // is being visited
			f.endless[id] = true
		case flagged(v):
			return 1
		}
		return cost
	}
	f.costs[id] = 0
	if _, ok := v.(*sl.Function); ok {
		f.functions++
		defer func() { f.functions-- }()
	}
	var sum uint64 = 1
	endless := false
	for e := range partsOf(v) {
		sum = min(sum+f.visit(e, depth+1), math.MaxUint64/4)
		if inner, ok := partOf(e); ok && f.endless[inner] {
			endless = true
		}
	}
	if endless {
		f.endless[id] = true
	}
	f.costs[id] = sum
	return sum
}

// flagged reports whether a value remembers that it is frozen.
func flagged(v sl.Value) bool {
	switch v.(type) {
	case sl.Tuple, *sl.Function:
		return false
	}
	return true
}

func (f *freezer) freeze(v sl.Value, done map[part]bool) {
	id, ok := partOf(v)
	if !ok || !f.endless[id] {
		v.Freeze()
		return
	}
	if !done[id] {
		done[id] = true
		for e := range partsOf(v) {
			f.freeze(e, done)
		}
	}
}
