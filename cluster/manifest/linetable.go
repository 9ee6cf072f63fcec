package manifest

import "math/bits"

const (
	lineBits  = 10
	lineSlots = 1 << lineBits
	maxLine   = 72 // bytes; longer lines are read each time
)

// lineTable remembers what lines said, and which line followed which. Manifests
// repeat themselves: most lines of a large one were there before, behind the
// same line, and looking one up costs less than reading it.
type lineTable struct {
	slots [lineSlots]lineEntry
	last  *lineEntry // the line before, or one that nothing follows
	none  lineEntry
}

type lineEntry struct {
	lexeme lexeme
	next   *lineEntry // what followed last; nil where nothing did
	size   uint8      // 0: the slot is free
	again  bool       // it was found since another line wanted the slot
	text   [maxLine]byte
}

func (e *lineEntry) is(line []byte) bool {
	return int(e.size) == len(line) && string(e.text[:len(line)]) == string(line)
}

// find looks buf[s:e] up. Where it is not known, it gives the slot to fill, or
// nil.
func (t *lineTable) find(buf []byte, s, e int) (entry *lineEntry, known bool) {
	n := e - s
	if n > maxLine || n == 0 {
		return nil, false
	}
	line := buf[s:e]
	last := t.last
	if last == nil {
		last = &t.none
	}
	if next := last.next; next != nil && next.is(line) {
		next.again = true
		t.last = next
		return next, true
	}
	h := lineHash(buf, s, e)
	for _, slot := range [...]uint64{h, h ^ 1} {
		if entry = &t.slots[slot]; entry.is(line) {
			entry.again = true
			last.next, t.last = entry, entry
			return entry, true
		}
	}
	t.last = &t.none
	if entry.again {
		entry.again = false
		if entry = &t.slots[h]; entry.again {
			entry.again = false
			return nil, false
		}
	}
	entry.size, entry.next = uint8(n), nil
	copy(entry.text[:], line)
	return entry, false
}

// lineHash takes the words at the ends of a line, and of a longer one two from
// inside it, since the ends of many are alike.
func lineHash(buf []byte, s, e int) uint64 {
	n := e - s
	h := uint64(n)
	if n < 8 {
		h += (load(buf, s) & (1<<(8*uint(n)) - 1)) * hashFirst
	} else {
		h += load(buf, s)*hashFirst ^ load(buf, e-8)*hashLast
		if n > 16 {
			h ^= bits.RotateLeft64(load(buf, e-16)*hashFirst, 23) ^ load(buf, s+n/2-4)*hashThird
		}
	}
	return (h ^ h>>32) * hashFirst >> (64 - lineBits)
}
