package locate

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/client-go/util/jsonpath"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// The keys that the search itself looks for, in the order of ownKeys.
const (
	keyAPIVersion = yamltree.FirstSymbol + iota
	keyImage
	keyItems
	keyMetadata
	keyName
	keyNamespace
	keyServices
	// From here on a key is marked.
	keyKind
)

var ownKeys = []string{"apiVersion", "image", "items", "metadata", "name", "namespace", "services", "kind"}

// tables are the built-in rules in the form that a search needs. Rules of known kinds
// are compiled when the first object of their group is seen.
type tables struct {
	symbols    *yamltree.Symbols
	everywhere [256][]start // by the key
	compose    *compiled
	env        []*compiled
	container  jsonpath.Node // represents the step into a container

	exact    map[string]bool // the groups of known kinds
	suffixes []string        // of those that are *.x

	mu     sync.Mutex
	groups map[string][]*compiled
}

// start is what to do at a marked key.
type start struct {
	rule   *compiled
	target *target
}

// builtin compiles the rules that every search needs, once.
var builtin = sync.OnceValue(func() *tables {
	b := &tables{exact: map[string]bool{}, groups: map[string][]*compiled{}, container: &jsonpath.TextNode{}}
	names := slices.Clone(ownKeys)
	number := func(r *Rule) {
		for _, text := range slices.Concat(r.Paths, r.Containers) {
			if key := startKey(text); key != "" && !slices.Contains(names, key) {
				names = append(names, key)
			}
		}
	}
	for i := range everywhereRules {
		number(&everywhereRules[i].rule)
	}
	for i := range knownRules {
		r := &knownRules[i]
		number(r)
		if suffix, ok := strings.CutPrefix(r.Group, "*"); !ok {
			b.exact[r.Group] = true
		} else if !slices.Contains(b.suffixes, suffix) {
			b.suffixes = append(b.suffixes, suffix)
		}
	}
	b.symbols = yamltree.NewSymbols(names, func(s yamltree.Symbol) bool { return s >= keyKind })
	for _, r := range everywhereRules {
		c := b.compile(r.rule, r.source)
		for i := range c.targets {
			t := &c.targets[i]
			b.everywhere[t.path.key] = append(b.everywhere[t.path.key], start{c, t})
		}
	}
	b.compose = b.compile(composeRule, FromCompose)
	for _, r := range envRules {
		b.env = append(b.env, b.compile(r, FromEnv))
	}
	return b
})

func (b *tables) compile(r Rule, source Source) *compiled {
	c, err := compile(r, source, b.symbols)
	if err != nil {
		panic(err) // of a row of this package
	}
	return c
}

// known reports whether an API group has known kinds.
func (b *tables) known(group string) bool {
	return b.exact[group] || slices.ContainsFunc(b.suffixes, func(suffix string) bool { return strings.HasSuffix(group, suffix) })
}

// ofGroup returns the rules of known kinds of an API group.
func (b *tables) ofGroup(group string) []*compiled {
	if !b.known(group) {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	rules, ok := b.groups[group]
	if !ok {
		for _, r := range knownRules {
			if suffix, any := strings.CutPrefix(r.Group, "*"); r.Group == group || any && strings.HasSuffix(group, suffix) {
				rules = append(rules, b.compile(r, FromKnown))
			}
		}
		b.groups[strings.Clone(group)] = rules
	}
	return rules
}

// Symbols returns the numbers of the keys that a Search looks for.
func Symbols() *yamltree.Symbols { return builtin().symbols }
