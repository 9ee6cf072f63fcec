package yamltree

// Symbol is the number of a key that the caller looks for. The scanner numbers
// keys as it reads them, so that a look-up compares a byte.
type Symbol uint8

const (
	// NoSymbol is the symbol of every other key.
	NoSymbol Symbol = iota
	// Merge is the symbol of the merge key, <<.
	Merge
	// FirstSymbol is the symbol of the first name of [NewSymbols].
	FirstSymbol
)

const (
	mergeKey    = "<<"
	symbolBits  = 10
	symbolSlots = 1 << symbolBits
)

// Symbols is a set of numbered keys. It is safe for concurrent use.
type Symbols struct {
	seed  uint64
	slots [symbolSlots]Symbol
	names []string
	// words are the bytes of names shorter than two words, which are most, and a colon.
	words  [256][2]uint64
	marked [256]bool
	byName map[string]Symbol
}

// NewSymbols numbers names, from FirstSymbol on. The nodes of those for which
// marked is true are listed in Tree.Marks.
func NewSymbols(names []string, marked func(Symbol) bool) *Symbols {
	if len(names) > 200 {
		panic("yamltree: more symbols than a byte numbers")
	}
	s := &Symbols{names: append([]string{"", mergeKey}, names...), byName: map[string]Symbol{}}
	for i, name := range s.names {
		s.byName[name] = Symbol(i)
		s.marked[i] = i >= int(FirstSymbol) && marked(Symbol(i))
		if len(name) < step {
			low, high := loadTwo(append([]byte(name), make([]byte, Slack)...), 0)
			s.words[i][0], s.words[i][1] = closed(low, high, len(name))
		}
	}
	for s.seed = hashLow; !s.fill(); s.seed += 2 { // until no two share a slot
	}
	return s
}

func (s *Symbols) fill() bool {
	s.slots = [symbolSlots]Symbol{}
	for i, name := range s.names[Merge:] {
		buf := append([]byte(name), make([]byte, Slack)...)
		slot := &s.slots[s.slot(hash(buf, 0, len(name)))]
		if *slot != NoSymbol {
			return false
		}
		*slot = Merge + Symbol(i)
	}
	return true
}

func (s *Symbols) slot(hash uint64) uint64 { return hash * s.seed >> (64 - symbolBits) }

// short returns the symbol of a key shorter than two words, which have a colon behind it.
func (s *Symbols) short(hash, low, high uint64) Symbol {
	c := s.slots[s.slot(hash)]
	w := &s.words[c]
	if (w[0]^low)|(w[1]^high) != 0 {
		c = NoSymbol
	}
	return c
}

// Named returns the symbol of a key's value.
func (s *Symbols) Named(key string) Symbol { return s.byName[key] }
