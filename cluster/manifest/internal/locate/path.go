package locate

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/client-go/util/jsonpath"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// path is a path in client-go's JSONPath syntax, evaluated over a tree.
type path struct {
	steps []jsonpath.Node
	// key is what the path starts at, at any depth: then the steps are what follows it.
	// NoSymbol: it starts at the object.
	key yamltree.Symbol
	// deep reports whether the path holds a recursion (..).
	deep bool
}

// startKey returns the key of a path that starts as ..key does, or nothing.
func startKey(text string) string {
	rest, ok := strings.CutPrefix(text, "..")
	if !ok {
		return ""
	}
	if i := strings.IndexAny(rest, ".["); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// newPath parses a path. What makes sense only in a printing template, text and
// range, is an error. With symbols, a path that starts as ..key does starts at each such
// key as it is written, and not where merge keys bring it as well.
func newPath(text string, symbols *yamltree.Symbols) (*path, error) {
	braced := text
	if !strings.HasPrefix(text, "{") {
		if !strings.HasPrefix(text, ".") && !strings.HasPrefix(text, "[") {
			braced = "." + text
		}
		braced = "{" + braced + "}"
	}
	parsed, err := jsonpath.Parse("path", braced)
	if err != nil {
		return nil, fmt.Errorf("%q is not a JSONPath: %w", text, err)
	}
	var list *jsonpath.ListNode
	if len(parsed.Root.Nodes) == 1 {
		list, _ = parsed.Root.Nodes[0].(*jsonpath.ListNode)
	}
	if list == nil || len(list.Nodes) == 0 || !fieldsOnly(list) {
		return nil, fmt.Errorf("%q is not a JSONPath to a field: want one expression in braces, as {.spec.image}", text)
	}
	p := &path{steps: list.Nodes}
	for _, s := range p.steps {
		if _, ok := s.(*jsonpath.RecursiveNode); ok {
			p.deep = true
		}
	}
	if key := startKey(text); key != "" && symbols != nil {
		p.key, p.steps = symbols.Named(key), p.steps[2:]
	}
	return p, nil
}

func fieldsOnly(list *jsonpath.ListNode) bool {
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *jsonpath.FieldNode, *jsonpath.ArrayNode, *jsonpath.WildcardNode, *jsonpath.RecursiveNode, *jsonpath.FilterNode:
		case *jsonpath.UnionNode:
			for _, u := range n.Nodes {
				if !fieldsOnly(u) {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

// place is a node that a path leads to, and the alias or merge key on the way that is
// last in the document; -1 if there is none.
type place struct{ node, via int32 }

// follow returns p with its alias followed, if it is one.
func follow(t *yamltree.Tree, p place) place {
	n := t.Resolve(p.node)
	if n == p.node {
		return p
	}
	return place{n, max(p.via, p.node)}
}

// under is the value of a key in the mapping p, itself or through its merge keys;
// its node is -1 if there is none.
func under(t *yamltree.Tree, p place, key string) place {
	return merged(t, p, t.Field(p.node, key))
}

// merged is the value that a look-up in mapping p returned.
func merged(t *yamltree.Tree, p place, value int32) place {
	via := p.via
	if value >= 0 && t.Nodes[value].Parent != p.node {
		// What the merge key has written out is nobody else's.
		merge := t.Own(p.node, yamltree.Merge)
		if value < merge || value >= t.Nodes[merge].Next {
			via = max(via, merge)
		}
	}
	return place{value, via}
}

// visit is a node that an alias led to at a step of a path.
type visit struct {
	step jsonpath.Node
	node int32
}

// walk evaluates paths over one tree. Its slices are used again.
type walk struct {
	tree     *yamltree.Tree
	from, to []place
	// visited are the nodes that aliases led to, so that each is searched once
	// however many aliases there are.
	visited map[visit]bool
}

// eval returns the nodes that the steps lead to from p. A field that is missing
// leads nowhere. The slice is valid until the next call.
func (w *walk) eval(steps []jsonpath.Node, p place) []place {
	w.from = append(w.from[:0], p)
	for _, step := range steps {
		w.to = w.to[:0]
		var seen map[int32]bool
		if _, many := step.(*jsonpath.UnionNode); many || len(w.from) > 1 {
			seen = map[int32]bool{}
		}
		for _, p := range w.from {
			w.step(step, p, func(p place) {
				if !seen[p.node] {
					if seen != nil {
						seen[p.node] = true
					}
					w.to = append(w.to, p)
				}
			})
		}
		w.from, w.to = w.to, w.from
	}
	return w.from
}

// first notes that an alias led to node n at a step, and reports whether none had yet.
func (w *walk) first(step jsonpath.Node, n int32) bool {
	at := visit{step, n}
	if w.visited[at] {
		return false
	}
	if w.visited == nil {
		w.visited = map[visit]bool{}
	}
	w.visited[at] = true
	return true
}

func (w *walk) step(step jsonpath.Node, from place, to func(place)) {
	t := w.tree
	p := follow(t, from)
	if p.node != from.node && !w.first(step, p.node) {
		return
	}
	at, kind := p.node, t.Nodes[p.node].Kind
	add := func(c int32) { to(place{c, p.via}) }
	switch step := step.(type) {
	case *jsonpath.FieldNode:
		if step.Value == "" { // a leading $ or @
			to(from)
		} else if kind == yamltree.Mapping {
			if c := under(t, p, step.Value); c.node >= 0 {
				to(c)
			}
		}
	case *jsonpath.ArrayNode:
		if kind == yamltree.Sequence {
			evalArray(t, at, step, add)
		}
	case *jsonpath.WildcardNode:
		for c := at + 1; c < t.Nodes[at].Next; c = t.Nodes[c].Next {
			add(c)
		}
	case *jsonpath.RecursiveNode:
		for c := at; c < t.Nodes[at].Next; c++ {
			add(c)
		}
	case *jsonpath.UnionNode:
		for _, u := range step.Nodes {
			for _, c := range evalList(t, u, from) {
				to(c)
			}
		}
	case *jsonpath.FilterNode:
		if kind == yamltree.Sequence {
			for _, c := range t.Children(at) {
				if filter(t, step, c) {
					add(c)
				}
			}
		}
	}
}

// evalList is walk.eval for a path inside another one.
func evalList(t *yamltree.Tree, list *jsonpath.ListNode, p place) []place {
	inner := walk{tree: t}
	return inner.eval(list.Nodes, p)
}

// evalArray takes [i], [from:to] and [from:to:step] of a list; what lies outside is
// nothing.
func evalArray(t *yamltree.Tree, list int32, step *jsonpath.ArrayNode, add func(int32)) {
	if bounds := step.Params; !bounds[0].Known && !bounds[1].Known && !bounds[2].Known { // [*]
		for c := list + 1; c < t.Nodes[list].Next; c = t.Nodes[c].Next {
			add(c)
		}
		return
	}
	items := t.Children(list)
	from, to, by := 0, len(items), 1
	for i, to := range []*int{&from, &to, &by} {
		p := step.Params[i]
		if !p.Known {
			continue
		}
		*to = p.Value
		if i < 2 && (p.Value < 0 || p.Value == 0 && i == 1 && p.Derived) {
			*to += len(items)
		}
	}
	for i := max(from, 0); by > 0 && i < min(to, len(items)); i += by {
		add(items[i])
	}
}

// filter reports whether element n fulfils [?(left op right)].
func filter(t *yamltree.Tree, f *jsonpath.FilterNode, n int32) bool {
	if f.Operator == "exists" {
		return len(evalList(t, f.Left, place{n, -1})) > 0
	}
	left, ok := operand(t, f.Left, n)
	if !ok {
		return false
	}
	right, ok := operand(t, f.Right, n)
	if !ok {
		return false
	}
	order := strings.Compare(left, right)
	if l, err := strconv.ParseFloat(left, 64); err == nil {
		if r, err := strconv.ParseFloat(right, 64); err == nil {
			order = 0
			if l < r {
				order = -1
			} else if l > r {
				order = 1
			}
		}
	}
	switch f.Operator {
	case "==":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	case ">=":
		return order >= 0
	}
	return false
}

// operand returns a literal's value, or that of the one node that a path leads to.
func operand(t *yamltree.Tree, list *jsonpath.ListNode, n int32) (string, bool) {
	if len(list.Nodes) == 1 {
		switch v := list.Nodes[0].(type) {
		case *jsonpath.TextNode:
			return v.Text, true
		case *jsonpath.IntNode:
			return strconv.Itoa(v.Value), true
		case *jsonpath.FloatNode:
			return strconv.FormatFloat(v.Value, 'g', -1, 64), true
		case *jsonpath.BoolNode:
			return strconv.FormatBool(v.Value), true
		}
	}
	found := evalList(t, list, place{n, -1})
	if len(found) != 1 {
		return "", false
	}
	return t.Text(found[0].node), true
}
