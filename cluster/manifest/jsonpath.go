package manifest

import (
	"fmt"
	"strconv"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// jsonPath is a path in client-go's syntax, evaluated over a tree.
type jsonPath struct {
	text string
	list *jsonpath.ListNode
}

// newJSONPath parses a path. What makes sense only in a printing template, text
// and range, is refused.
func newJSONPath(text string) (*jsonPath, error) {
	braced := text
	if !strings.HasPrefix(text, "{") {
		if !strings.HasPrefix(text, ".") && !strings.HasPrefix(text, "[") {
			braced = "." + text
		}
		braced = "{" + braced + "}"
	}
	p, err := jsonpath.Parse("path", braced)
	if err != nil {
		return nil, fmt.Errorf("%q is no JSONPath: %w", text, err)
	}
	if len(p.Root.Nodes) != 1 {
		return nil, fmt.Errorf("%q is no JSONPath to a field: want one expression in braces, as {.spec.image}", text)
	}
	list, ok := p.Root.Nodes[0].(*jsonpath.ListNode)
	if !ok || len(list.Nodes) == 0 || !fieldsOnly(list) {
		return nil, fmt.Errorf("%q is no JSONPath to a field: want one expression in braces, as {.spec.image}", text)
	}
	return &jsonPath{text, list}, nil
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

// eval gives the nodes that the path leads to from node n, each once. A field
// that is missing leads nowhere.
func (p *jsonPath) eval(t *tree, n int32) []hit { return evalList(t, p.list, []hit{{n, -1}}) }

func evalList(t *tree, list *jsonpath.ListNode, from []hit) []hit {
	for _, step := range list.Nodes {
		var to []hit
		seen := map[int32]bool{}
		for _, h := range from {
			evalStep(t, step, h, func(h hit) {
				if !seen[h.node] {
					seen[h.node] = true
					to = append(to, h)
				}
			})
		}
		from = to
	}
	return from
}

func evalStep(t *tree, step jsonpath.Node, from hit, to func(hit)) {
	h := t.follow(from)
	at, kind := h.node, t.nodes[h.node].kind
	add := func(c int32) { to(hit{c, h.via}) }
	switch step := step.(type) {
	case *jsonpath.FieldNode:
		if step.Value == "" { // a leading $ or @
			to(from)
		} else if kind == mapNode {
			if c := t.under(h, step.Value); c.node >= 0 {
				to(c)
			}
		}
	case *jsonpath.ArrayNode:
		if kind == seqNode {
			evalArray(t.children(at), step, add)
		}
	case *jsonpath.WildcardNode:
		for _, c := range t.children(at) {
			add(c)
		}
	case *jsonpath.RecursiveNode:
		for c := at; c < t.nodes[at].next; c++ {
			add(c)
		}
	case *jsonpath.UnionNode:
		for _, u := range step.Nodes {
			for _, c := range evalList(t, u, []hit{from}) {
				to(c)
			}
		}
	case *jsonpath.FilterNode:
		if kind == seqNode {
			for _, c := range t.children(at) {
				if filter(t, step, c) {
					add(c)
				}
			}
		}
	}
}

// evalArray takes [i], [from:to] and [from:to:step]; what lies outside is
// nothing.
func evalArray(items []int32, step *jsonpath.ArrayNode, add func(int32)) {
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

// filter says whether element n fulfils [?(left op right)].
func filter(t *tree, f *jsonpath.FilterNode, n int32) bool {
	if f.Operator == "exists" {
		return len(evalList(t, f.Left, []hit{{n, -1}})) > 0
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

// operand is the text of a literal, or of the one value that a path leads to.
func operand(t *tree, list *jsonpath.ListNode, n int32) (string, bool) {
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
	found := evalList(t, list, []hit{{n, -1}})
	if len(found) != 1 {
		return "", false
	}
	return t.text(found[0].node), true
}
