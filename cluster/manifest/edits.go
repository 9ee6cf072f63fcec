package manifest

import (
	"cmp"
	"slices"
)

// edits collects the edits of a document, and hands them to the plan in order.
type edits struct {
	of      []edit            // offsets are the region's until flush
	changes []change          // the distinct ones of the whole input
	numbers map[change]uint32 // their places in changes
}

// change is the number of a change.
func (e *edits) change(old, new string) uint32 {
	c := change{old, new}
	n, ok := e.numbers[c]
	if !ok {
		if e.numbers == nil {
			e.numbers = map[change]uint32{}
		}
		n = uint32(len(e.changes))
		e.numbers[c] = n
		e.changes = append(e.changes, c)
	}
	return n
}

func (e *edits) add(at, change uint32) { e.of = append(e.of, edit{int64(at), change}) }

// flush moves the edits to the plan. The same edit twice is one: a scalar may be
// reached on two ways. Two different edits of the same bytes are an error.
func (e *edits) flush(s *scan) error {
	if !slices.IsSortedFunc(e.of, compareEdits) {
		slices.SortStableFunc(e.of, compareEdits)
	}
	if p := s.plan; cap(p.edits)-len(p.edits) < len(e.of) {
		p.edits = slices.Grow(p.edits, max(len(p.edits), len(e.of))) // doubled: append would copy more often
	}
	end := int64(-1)
	for i, one := range e.of {
		if i > 0 && one == e.of[i-1] {
			continue
		}
		if one.at < end {
			return &fault{at: int(one.at), reason: "two rules change this text in different ways"}
		}
		end = one.at + int64(max(len(e.changes[one.change].old), 1))
		s.plan.edits = append(s.plan.edits, edit{one.at + s.stream.base, one.change})
	}
	e.of = e.of[:0]
	s.plan.changes = e.changes
	return nil
}

func compareEdits(a, b edit) int { return cmp.Compare(a.at, b.at) }
