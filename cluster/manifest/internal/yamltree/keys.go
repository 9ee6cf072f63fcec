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

// key reads the key at i, or finds that it is none.
func (f *fast) key(i int, k *key) int {
	switch valueByte[f.buf[i]] {
	case startsQuoted:
		return f.quotedKey(i, k)
	case startsPlain:
	default:
		return isScalar // a value that starts by an indicator, or nothing
	}
	return f.plainKey(i, k)
}

// plainKey is key for a plain one, of any characters.
func (f *fast) plainKey(i int, k *key) int {
	if c := f.buf[i]; (c == '-' || c == '?' || c == ':') && f.blank(i+1) {
		return isBroken
	}
	k.start, k.from = i, i
	for j := i; ; {
		w := load(f.buf, j)
		stop := ungraphic(w) | equal(w, ':') | equal(w, '#')
		if stop == 0 {
			j += 8
			continue
		}
		j += first(stop)
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
	if !set.add(k.hash) && !f.unique(m, set, k) {
		return refused
	}
	n := f.add(m, k.colon+1)
	d := &f.nodes[n]
	d.KeyStart, d.KeyEnd, d.hash = uint32(k.start), uint32(k.end), upper(k.hash)
	s := f.symbols
	c := s.slots[s.slot(k.hash)]
	if c == NoSymbol || string(f.buf[k.from:k.to]) != s.names[c] && k.escaped != s.names[c] {
		return n
	}
	if c != Merge || k.from == k.start { // a merge key is one only without quotes
		d.Key = c
		f.tree.merges = f.tree.merges || c == Merge
	}
	if s.marked[c] {
		f.tree.Marks = append(f.tree.Marks, n)
	}
	return n
}

// keySet finds duplicate keys of one mapping. The filter has a bit for each key, so
// that most keys of a small mapping are known to be new at once; of a large one all bits
// are set, and the keys are in a hash table, by node, counted from 1.
type keySet struct {
	filter uint64
	table  int32 // its place in fast.tables, counted from 1
}

// add adds a key to the filter, and reports whether it is certain to be new.
func (s *keySet) add(hash uint64) bool {
	bit := uint64(1) << (hash >> 58)
	before := s.filter
	s.filter |= bit
	return before&bit == 0
}

// upper is the part of a hash that a node keeps.
func upper(hash uint64) uint32 { return uint32(hash >> 32) }

// maxWalk is how many keys are compared one by one.
const maxWalk = 24

// uniquePlain is unique for the plain key at buf[i:colon].
func (f *fast) uniquePlain(m int32, set *keySet, i, colon int, hash uint64) bool {
	return f.unique(m, set, &key{start: i, end: colon, colon: colon, hash: hash, from: i, to: colon})
}

// unique reports whether key k, which the next node gets, is new in mapping m, or may
// be there twice.
func (f *fast) unique(m int32, set *keySet, k *key) bool {
	if f.isNew(m, set, k, upper(k.hash)) {
		return true
	}
	f.tree.duplicates = f.duplicates
	return f.duplicates
}

func (f *fast) isNew(m int32, set *keySet, k *key, h uint32) bool {
	if set.table == 0 {
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
		f.tables = append(f.tables, keyTable{slots: make([]int32, 8*maxWalk)})
		set.table, set.filter = int32(len(f.tables)), ^uint64(0)
		for n := m + 1; n < int32(f.count); n = f.nodes[n].Next {
			f.tables[set.table-1].put(f, n, f.nodes[n].hash)
		}
	}
	t := &f.tables[set.table-1]
	for slot := int(h) % len(t.slots); t.slots[slot] != 0; slot = (slot + 1) % len(t.slots) {
		if n := t.slots[slot] - 1; f.nodes[n].hash == h && f.sameKey(n, k) {
			return false
		}
	}
	t.put(f, int32(f.count), h)
	return true
}

// keyTable is a hash table of keys by their nodes, counted from 1.
type keyTable struct {
	slots []int32
	count int
}

// put adds node n, which is not in the table.
func (t *keyTable) put(f *fast, n int32, h uint32) {
	if t.count++; 2*t.count > len(t.slots) {
		old := t.slots
		t.slots = make([]int32, 2*len(old))
		for _, o := range old {
			if o != 0 {
				t.insert(o-1, f.nodes[o-1].hash)
			}
		}
	}
	t.insert(n, h)
}

func (t *keyTable) insert(n int32, h uint32) {
	slot := int(h) % len(t.slots)
	for t.slots[slot] != 0 {
		slot = (slot + 1) % len(t.slots)
	}
	t.slots[slot] = n + 1
}

// sameKey reports whether the key of node n has the value of k.
func (f *fast) sameKey(n int32, k *key) bool {
	a, b := f.buf[f.nodes[n].KeyStart:f.nodes[n].KeyEnd], f.buf[k.start:k.end]
	return string(a) == string(b) || decode(a, styleOf(a)) == decode(b, styleOf(b))
}
