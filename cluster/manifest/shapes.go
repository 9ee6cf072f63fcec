package manifest

const (
	maxShapes     = 16
	maxShapeBytes = 64 << 10
	// A generator's documents repeat at once or not at all: after so many in a row
	// that did not, only one in shapeRetry is looked at.
	shapeMisses = 64
	shapeRetry  = 32
)

// shapes remembers the latest shapes. A document that has one is read in a
// fraction of the time.
type shapes struct {
	known  []*shape
	oldest int // where the next one goes, once there are maxShapes
	last   int // the number of the latest one
	misses int // documents in a row that had none
	// Of the match at hand, used again.
	shifts []uint32 // of each part, and of part 0
	varied []int    // the lines that differ, and those that did before
	values []shapeValue
}

// shapeValue is a value of a document that differs from the shape's.
type shapeValue struct {
	node       int32
	start, end uint32
	style      style
}

// resting says that documents are not looked at for now.
func (h *shapes) resting() bool { return h.misses > shapeMisses && h.misses%shapeRetry != 0 }

// match reads the document at line first, if its shape is known.
func (h *shapes) match(f *fastScanner, first int) (line int, ok bool) {
	if len(h.known) == 0 || h.resting() {
		return first, false
	}
	likely := h.known[h.last].next
	if line, ok = h.known[likely].match(f, first); ok {
		h.follow(likely)
		return line, true
	}
	for i, sh := range h.known {
		if i == likely {
			continue
		}
		if line, ok = sh.match(f, first); ok {
			h.follow(i)
			return line, true
		}
	}
	return first, false
}

// follow says that the document at hand has shape number i.
func (h *shapes) follow(i int) {
	h.misses = 0
	h.known[h.last].next = i
	h.last = i
}

// learn keeps the document that the scanner has just read: the lines first to
// next, with no odd byte in them if the next one is still number odd.
func (h *shapes) learn(f *fastScanner, first, next, odd int) {
	resting := h.resting()
	h.misses++
	if resting || f.odd != odd || len(f.tree.nodes) == 0 {
		return
	}
	start, end := 0, int(f.lines.ends[next-1])
	if first > 0 {
		start = int(f.lines.ends[first-1]) + 1
	}
	if end == len(f.tree.buf) || end-start > maxShapeBytes {
		return
	}
	misses, i := h.misses, len(h.known)
	if i < maxShapes {
		h.known = append(h.known, nil)
	} else {
		i = h.oldest
		h.oldest = (h.oldest + 1) % maxShapes
	}
	h.known[i] = newShape(f.tree, f.lines.ends, first, next)
	h.follow(i)
	h.misses = misses
}
