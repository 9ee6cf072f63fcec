package manifest

import "math/bits"

// Keys repeat: a stream of a million lines has a hundred distinct ones. So each
// is checked, classified and numbered once.
const (
	maxKeys   = 256 // numbered keys; more are looked at each time
	keySlots  = 1024
	maxKey    = 128 // bytes; a longer key is handed on
	noKey     = maxKeys
	hashFirst = 0x9e3779b97f4a7c15
	hashLast  = 0xc2b2ae3d27d4eb4f
	hashThird = 0x165667b19e3779f9
)

// keyEntry is a known key: its first and last eight bytes and its length tell
// most keys apart without looking at the text.
type keyEntry struct {
	first, last uint64
	text        string
	id          uint16
	class       class
}

// keyTable knows the keys seen so far.
type keyTable struct {
	slots [keySlots]keyEntry
	count int
	other keyEntry // the latest key that got no number
}

// get gives the entry of the key at buf[i:j], or nil where those bytes are not
// plainly a key: letters, digits and . / _ -, starting with none of . and -.
func (k *keyTable) get(buf []byte, i, j int) *keyEntry {
	n := j - i
	if n <= 0 {
		return nil
	}
	var first, last uint64
	if n <= 8 {
		first = load(buf, i) & (1<<(8*uint(n)) - 1)
	} else {
		first, last = load(buf, i), load(buf, j-8)
	}
	h := (first*hashFirst ^ (last+uint64(n))*hashLast)
	for s := (h ^ bits.RotateLeft64(h, 32)) >> 7 % keySlots; ; s = (s + 1) % keySlots {
		e := &k.slots[s]
		if e.first == first && e.last == last && len(e.text) == n && (n <= 16 || e.text == string(buf[i:j])) {
			return e
		}
		if e.text == "" {
			return k.add(e, buf[i:j], first, last)
		}
	}
}

func (k *keyTable) add(e *keyEntry, key []byte, first, last uint64) *keyEntry {
	if len(key) > maxKey || !plainKey(key) {
		return nil
	}
	text := string(key)
	id := uint16(noKey)
	if k.count == maxKeys {
		e = &k.other
	} else {
		id = uint16(k.count)
		k.count++
	}
	*e = keyEntry{first: first, last: last, text: text, id: id, class: classes[text]}
	return e
}

func plainKey(key []byte) bool {
	for i, c := range key {
		if !keyByte[c] || i == 0 && (c == '-' || c == '.') {
			return false
		}
	}
	return len(key) > 0
}

// keyByte are the bytes of the keys that the fast scanner takes as they are.
var keyByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
			c == '.' || c == '/' || c == '_' || c == '-'
	}
	return t
}()

// keySet is the numbered keys of one mapping.
type keySet [maxKeys / 64]uint64

// add says whether id was new.
func (s *keySet) add(id uint16) bool {
	w, bit := id/64, uint64(1)<<(id%64)
	was := s[w]
	s[w] = was | bit
	return was&bit == 0
}
