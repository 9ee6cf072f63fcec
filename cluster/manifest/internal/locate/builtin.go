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
	container  jsonpath.Node // stands for the step into a container

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
	b := &tables{groups: map[string][]*compiled{}, container: &jsonpath.TextNode{}}
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
		number(&knownRules[i])
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

// ofGroup returns the rules of known kinds of an API group.
func (b *tables) ofGroup(group string) []*compiled {
	b.mu.Lock()
	defer b.mu.Unlock()
	rules, known := b.groups[group]
	if known {
		return rules
	}
	for _, r := range knownRules {
		if suffix, ok := strings.CutPrefix(r.Group, "*"); r.Group == group || ok && strings.HasSuffix(group, suffix) {
			rules = append(rules, b.compile(r, FromKnown))
		}
	}
	if rules != nil { // there is no end to the groups that are not known
		b.groups[group] = rules
	}
	return rules
}

// Symbols returns the numbers of the keys that a Search looks for.
func Symbols() *yamltree.Symbols { return builtin().symbols }
