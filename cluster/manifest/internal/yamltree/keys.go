package yamltree

// key is a key and its colon.
type key struct {
	start, end int // the key's bytes, quotes included
	colon      int
	hash       uint64 // of the value
	from, to   int    // the bytes without quotes: the value, but for escapes
	escaped    string // the value, if it has any
}

// What key finds.
const (
	isBroken = iota
	isPair
	isScalar // a scalar that no colon makes a key
)

// maxKey is how long a key may be. The specification's limit is 1024 characters.
const maxKey = 1000

// maxPlainKey is how far plainKey looks.
const maxPlainKey = 256

// key reads the key at i, or finds that it is none.
func (f *fast) key(i int, k *key) int {
	switch valueByte[f.buf[i]] {
	case startsQuoted:
		return f.quotedKey(i, k)
	case startsPlain:
	default:
		return isScalar // a value that starts by an indicator, or nothing
	}
	k.start, k.from = i, i
	if colon, hash := f.plainKey(i); colon > 0 {
		k.end, k.to, k.colon, k.hash = colon, colon, colon, hash
		return isPair
	}
	return f.oddKey(i, k)
}

// plainKey returns the offset of the colon after the plain key at i, and the hash of the key. The
// colon is 0 for whatever is not plainly such a key.
func (f *fast) plainKey(i int) (colon int, hash uint64) {
	buf := f.buf
	if !wordByte[buf[i]] || buf[i] == '-' {
		return 0, 0
	}
	for at := i; at < i+maxPlainKey; at += 8 {
		w := load(buf, at)
		m := equal(w, ':') | ((w-'!'*ones)&^w|(w+ones)|w)&highs
		if m == 0 {
			hash = mix(hash, w)
			continue
		}
		p := first(m)
		j := at + p
		if buf[j] != ':' || buf[j+1] != ' ' && buf[j+1] != '\n' {
			return 0, 0
		}
		return j, mix(hash, w&(1<<(8*uint(p))-1)) * hashEnd
	}
	return 0, 0
}

// oddKey is key for a long plain key, and one with spaces, colons, number signs or characters
// outside ASCII in it.
func (f *fast) oddKey(i int, k *key) int {
	if c := f.buf[i]; (c == '-' || c == '?' || c == ':') && f.blank(i+1) {
		return isBroken
	}
	for j := i; ; {
		switch c := f.buf[j]; {
		case c == '\n', c == '\r' && f.crlf(j), c == '#' && f.buf[j-1] == ' ':
			return isScalar
		case c == ':' && f.blank(j+1):
			if j == i || j-i > maxKey {
				return isBroken
			}
			k.colon = j
			for f.buf[j-1] == ' ' {
				j--
			}
			k.end, k.to = j, j
			k.hash = hash(f.buf, i, j)
			return isPair
		case c >= ' ' && c < 0x7f:
			j++
		default:
			if j = f.rune(j); j == refused {
				return isBroken
			}
		}
	}
}

func (f *fast) quotedKey(i int, k *key) int {
	end, lines := f.quoted(i)
	if end == refused {
		return isBroken
	}
	j := spaces(f.buf, end)
	if f.buf[j] != ':' || !f.blank(j+1) {
		return isScalar
	}
	if lines || j-i > maxKey {
		return isBroken
	}
	k.set(f, i, end, j)
	return isPair
}

// set fills k with the quoted key at buf[i:end].
func (k *key) set(f *fast, i, end, colon int) {
	k.start, k.end, k.colon = i, end, colon
	k.from, k.to = i+1, end-1
	k.hash = hash(f.buf, k.from, k.to)
	for _, c := range f.buf[k.from:k.to] {
		if c == '\\' || c == '\'' { // the value may be other bytes
			k.escaped = decode(f.buf[i:end], styleOf(f.buf[i:]))
			buf := append([]byte(k.escaped), make([]byte, Slack)...)
			k.hash = hash(buf, 0, len(k.escaped))
			break
		}
	}
}

// addKey adds a node for key k of mapping m, or returns refused for a duplicate:
// the full scanner reports it with its place.
func (f *fast) addKey(m int32, set *keySet, k *key) int32 {
	h := uint32(k.hash >> 32)
	bit := uint64(1) << (h & 63)
	if (set.filter&bit != 0 || set.slots != nil) && !f.unique(m, set, k, h) {
		return refused
	}
	set.filter |= bit
	n := f.add(m, k.colon+1)
	d := &f.nodes[n]
	d.KeyStart, d.KeyEnd, d.hash = uint32(k.start), uint32(k.end), h
	s := f.symbols
	if c := s.slots[s.slot(k.hash)]; c != NoSymbol && (string(f.buf[k.from:k.to]) == s.names[c] || k.escaped == s.names[c]) {
		f.setSymbol(n, c, k.from == k.start)
	}
	return n
}

// setSymbol sets the symbol of node n. A merge key is one only without quotes.
func (f *fast) setSymbol(n int32, c Symbol, plain bool) {
	if c != Merge || plain {
		f.nodes[n].Key = c
	}
	if f.symbols.marked[c] {
		f.tree.Marks = append(f.tree.Marks, n)
	}
}

// plainPair is pair for a key that plainKey found. Most lines come here, so it also
// reads a plain value that ends on its line.
func (f *fast) plainPair(start, colon int, hash uint64) int {
	buf, top := f.buf, &f.frames[f.depth-1]
	h := uint32(hash >> 32)
	bit := uint64(1) << (h & 63)
	if top.keys.filter&bit != 0 || top.keys.slots != nil {
		k := key{start: start, end: colon, colon: colon, hash: hash, from: start, to: colon}
		if !f.unique(top.node, &top.keys, &k, h) {
			return refused
		}
	}
	top.keys.filter |= bit
	n := f.count
	if n == len(f.nodes) {
		f.nodes = append(f.nodes, make([]Node, max(n, 256))...)
	}
	f.count++
	v := colon + 1
	d := &f.nodes[n]
	// A literal would be built on the stack and copied, at a third of the cost of a line.
	d.KeyStart, d.KeyEnd, d.Start, d.End = uint32(start), uint32(colon), uint32(v), uint32(v)
	d.Parent, d.Next, d.hash = top.node, int32(f.count), h
	d.Kind, d.Style, d.Key, d.flags = Scalar, Plain, NoSymbol, 0
	s := f.symbols
	if c := s.slots[s.slot(hash)]; c != NoSymbol && string(buf[start:colon]) == s.names[c] {
		f.setSymbol(int32(n), c, true)
	}
	if buf[v] == '\n' {
		f.pending = int32(n)
		return v + 1
	}
	from := v + 1
	if c := buf[from]; !wordByte[c] || c == '-' {
		return f.value(int32(n), v, top.indent)
	}
	for at := from; ; at += 8 {
		w := load(buf, at)
		m := unprintable(w) | equal(w, ':') | equal(w, '#')
		if m == 0 {
			continue
		}
		at += first(m)
		if buf[at] != '\n' {
			return f.plain(int32(n), from, top.indent)
		}
		next := at + 1
		j := spaces(buf, next)
		if j-next > top.indent || buf[j] <= '\r' || buf[at-1] == ' ' {
			return f.goOn(int32(n), from, at, next, top.indent)
		}
		d.Start, d.End = uint32(from), uint32(at)
		f.ahead, f.aheadText = next, j
		return next
	}
}

// keySet finds duplicate keys of one mapping. The filter has a bit for each key, so
// that most keys of a small mapping are known to be new at once; of a large one the
// keys are in a hash table, by node, counted from 1.
type keySet struct {
	filter uint64
	slots  []int32
	count  int
}

// maxWalk is how many keys are compared one by one.
const maxWalk = 24

// unique reports whether key k, which the next node gets, is new in mapping m, or may
// be there twice.
func (f *fast) unique(m int32, set *keySet, k *key, h uint32) bool {
	if f.isNew(m, set, k, h) {
		return true
	}
	f.tree.duplicates = f.duplicates
	return f.duplicates
}

func (f *fast) isNew(m int32, set *keySet, k *key, h uint32) bool {
	if set.slots == nil {
		walked := 0
		for n := m + 1; n < int32(f.count); n = f.nodes[n].Next {
			if f.nodes[n].hash == h && f.sameKey(n, k) {
				return false
			}
			walked++
		}
		if walked < maxWalk {
			return true
		}
		set.slots = make([]int32, 8*maxWalk)
		for n := m + 1; n < int32(f.count); n = f.nodes[n].Next {
			set.put(f, n, f.nodes[n].hash)
		}
	}
	for slot := int(h) % len(set.slots); set.slots[slot] != 0; slot = (slot + 1) % len(set.slots) {
		if n := set.slots[slot] - 1; f.nodes[n].hash == h && f.sameKey(n, k) {
			return false
		}
	}
	set.put(f, int32(f.count), h)
	return true
}

// put adds node n, which is not in the set.
func (s *keySet) put(f *fast, n int32, h uint32) {
	if s.count++; 2*s.count > len(s.slots) {
		old := s.slots
		s.slots = make([]int32, 2*len(old))
		for _, o := range old {
			if o != 0 {
				s.insert(o-1, f.nodes[o-1].hash)
			}
		}
	}
	s.insert(n, h)
}

func (s *keySet) insert(n int32, h uint32) {
	slot := int(h) % len(s.slots)
	for s.slots[slot] != 0 {
		slot = (slot + 1) % len(s.slots)
	}
	s.slots[slot] = n + 1
}

// sameKey reports whether the key of node n has the value of k.
func (f *fast) sameKey(n int32, k *key) bool {
	a, b := f.buf[f.nodes[n].KeyStart:f.nodes[n].KeyEnd], f.buf[k.start:k.end]
	return string(a) == string(b) || decode(a, styleOf(a)) == decode(b, styleOf(b))
}
