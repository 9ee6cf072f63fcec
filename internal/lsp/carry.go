package lsp

// change is what is different between two versions of a document: one range of
// bytes, outside of which they are the same.
type change struct {
	then, now *document
	start     int // of the range, in both
	thenEnd   int
	nowEnd    int
}

func changeBetween(then, now *document) change {
	a, b := then.text, now.text
	if then == now {
		return change{then, now, len(a), len(a), len(a)}
	}
	start, most := 0, min(len(a), len(b))
	for start < most && a[start] == b[start] {
		start++
	}
	same := 0 // at the end
	for same < most-start && a[len(a)-1-same] == b[len(b)-1-same] {
		same++
	}
	return change{then, now, start, len(a) - same, len(b) - same}
}

// carry returns where a range of the earlier version is now; false if it touches what
// is different.
func (c change) carry(r textRange) (textRange, bool) {
	if c.then == c.now {
		return r, true
	}
	start, end := c.then.offset(r.Start), c.then.offset(r.End)
	if end < c.start {
		return r, true
	}
	if start <= c.thenEnd {
		return r, false
	}
	moved := c.nowEnd - c.thenEnd
	return textRange{c.now.position(start + moved), c.now.position(end + moved)}, true
}

// statements returns the range of bytes of the statements at top level that are
// different.
func (c change) statements() (start, thenEnd, nowEnd int) {
	then, now := c.then.statements(), c.now.statements()
	begins := map[int]bool{} // in the present version
	for _, at := range now {
		begins[at] = true
	}
	moved := c.nowEnd - c.thenEnd
	thenEnd, nowEnd = len(c.then.text), len(c.now.text)
	for _, at := range then {
		if at <= c.start && begins[at] {
			start = at
		}
		if at >= c.thenEnd && begins[at+moved] {
			return start, at, at + moved
		}
	}
	return start, thenEnd, nowEnd
}
