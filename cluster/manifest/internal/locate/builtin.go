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

// tables are the built-in rules in the form that a search needs.
type tables struct {
	symbols    *yamltree.Symbols
	everywhere [256][]start // by the key
	groups     map[string][]*compiled
	suffixes   []*compiled // of groups *.x
	compose    *compiled
	env        []*compiled
	container  jsonpath.Node // stands for the step into a container
}

// start is what to do at a marked key.
type start struct {
	rule   *compiled
	target *target
	path   *path
}

// builtin compiles the built-in rules, once.
var builtin = sync.OnceValue(func() *tables {
	b := &tables{groups: map[string][]*compiled{}, container: &jsonpath.TextNode{}}
	names := slices.Clone(ownKeys)
	must := func(r Rule, source Source) *compiled {
		c, err := compile(r, source, true)
		if err != nil {
			panic(err) // of a row of this package
		}
		for i := range c.targets {
			if p := c.targets[i].path; p.byKey && !slices.Contains(names, p.start) {
				names = append(names, p.start)
			}
		}
		return c
	}
	var all []*compiled
	for _, r := range everywhereRules {
		all = append(all, must(r.rule, r.source))
	}
	for _, r := range knownRules {
		c := must(r, FromKnown)
		if suffix, ok := strings.CutPrefix(r.Group, "*"); ok {
			c.group = suffix
			b.suffixes = append(b.suffixes, c)
		} else {
			b.groups[r.Group] = append(b.groups[r.Group], c)
		}
	}
	b.compose = must(composeRule, FromCompose)
	for _, r := range envRules {
		b.env = append(b.env, must(r, FromEnv))
	}
	b.symbols = yamltree.NewSymbols(names, func(s yamltree.Symbol) bool { return s >= keyKind })
	for _, c := range all {
		for i := range c.targets {
			t := &c.targets[i]
			key := b.symbols.Named(t.path.start)
			b.everywhere[key] = append(b.everywhere[key], start{c, t, t.path})
		}
	}
	return b
})

// Symbols returns the numbers of the keys that a Search looks for.
func Symbols() *yamltree.Symbols { return builtin().symbols }

// symbol returns the key that the path starts at.
func (p *path) symbol() yamltree.Symbol { return builtin().symbols.Named(p.start) }

func (b *tables) ofGroup(group string) []*compiled {
	rules := slices.Clone(b.groups[group])
	for _, c := range b.suffixes {
		if strings.HasSuffix(group, c.group) {
			rules = append(rules, c)
		}
	}
	return rules
}
