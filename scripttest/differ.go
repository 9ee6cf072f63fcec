package scripttest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

const (
	// inlineWidth is the most bytes of a value that is shown on one line.
	inlineWidth = 60
	// shownWidth is the most bytes of a value in a message.
	shownWidth = 200
	// maxLaidOut is the most bytes of a value that is compared line by line.
	maxLaidOut = 1 << 20
)

// difference is the failure of values to be equal: in one line if they are short,
// else with a diff from what was wanted to what was there.
func difference(got, want sl.Value) (message, diff string) {
	if got.Type() != want.Type() {
		return fmt.Sprintf("got %s %s, want %s %s", got.Type(), shown(got), want.Type(), shown(want)), ""
	}
	if short(got) && short(want) {
		if shown(got) == shown(want) {
			return fmt.Sprintf("got and want are shown alike, %s, and are not equal", shown(got)), ""
		}
		return fmt.Sprintf("got %s, want %s", shown(got), shown(want)), ""
	}
	from, to := layOut(want), layOut(got)
	if from == to || len(from) > maxLaidOut || len(to) > maxLaidOut {
		return fmt.Sprintf("got %s, want %s", shown(got), shown(want)), ""
	}
	return "got differs from want (-want +got)", unified("want", []byte(from), "got", []byte(to))
}

// unified is a unified diff, without the heading of package diff's own.
func unified(fromName string, from []byte, toName string, to []byte) string {
	text := string(diff.Diff(fromName, from, toName, to))
	return text[strings.Index(text, "\n")+1:]
}

// short reports whether a value is shown on one line.
func short(v sl.Value) bool {
	if s, ok := v.(sl.String); ok && strings.Contains(strings.TrimSuffix(string(s), "\n"), "\n") {
		return false
	}
	_, ok := inline(v, inlineWidth)
	return ok
}

// shown is a value in a message, cut if it is long.
func shown(v sl.Value) string {
	text, ok := inline(v, shownWidth)
	if !ok {
		return text[:min(len(text), shownWidth)] + "…"
	}
	return text
}

// inline is a value as Starlark prints it. It stops, with what it has, at more
// than width bytes.
func inline(v sl.Value, width int) (text string, ok bool) {
	b := inliner{width: width}
	b.value(v)
	return strings.ToValidUTF8(b.String(), ""), b.Len() <= width
}

type inliner struct {
	strings.Builder
	width int
}

func (b *inliner) value(v sl.Value) {
	if s, ok := v.(sl.String); ok {
		// A string is quoted as a whole, so what is too long is cut before.
		b.WriteString(sl.String(s[:min(len(s), b.width+1)]).String())
		return
	}
	parts, ok := partsOf(v)
	if !ok {
		b.WriteString(v.String())
		return
	}
	b.WriteString(parts.open)
	for i, e := range parts.elements {
		if b.Len() > b.width {
			return
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if e.key != nil {
			b.value(e.key)
		}
		b.WriteString(e.name + parts.colon)
		b.value(e.value)
	}
	if _, tuple := v.(sl.Tuple); tuple && len(parts.elements) == 1 {
		b.WriteString(",")
	}
	b.WriteString(parts.close)
}

// parts are what a collection is shown as.
type parts struct {
	open, colon, close string
	elements           []element
}

type element struct {
	key   sl.Value // of an entry of a dict, else nil
	name  string   // of a field, else ""
	value sl.Value
}

// partsOf takes a collection apart. Dicts and sets come sorted, since their order
// does not count.
func partsOf(v sl.Value) (parts, bool) {
	var p parts
	switch v := v.(type) {
	case *sl.List:
		p = parts{open: "[", close: "]"}
		for e := range v.Elements() {
			p.elements = append(p.elements, element{value: e})
		}
	case sl.Tuple:
		p = parts{open: "(", close: ")"}
		for _, e := range v {
			p.elements = append(p.elements, element{value: e})
		}
	case *sl.Set:
		p = parts{open: "set([", close: "])"}
		for e := range v.Elements() {
			p.elements = append(p.elements, element{value: e})
		}
		slices.SortStableFunc(p.elements, func(a, b element) int { return order(a.value, b.value) })
	case *sl.Dict:
		p = parts{open: "{", colon: ": ", close: "}"}
		for key, e := range v.Entries() {
			p.elements = append(p.elements, element{key: key, value: e})
		}
		slices.SortStableFunc(p.elements, func(a, b element) int { return order(a.key, b.key) })
	case *starlarkstruct.Struct:
		p = parts{open: "struct(", colon: " = ", close: ")"}
		for _, name := range v.AttrNames() {
			if e, err := v.Attr(name); err == nil {
				p.elements = append(p.elements, element{name: name, value: e})
			}
		}
	default:
		return p, false
	}
	return p, true
}

// order sorts keys: strings by their bytes, and others by how they are shown.
func order(a, b sl.Value) int {
	x, ok := sl.AsString(a)
	y, also := sl.AsString(b)
	if !ok || !also {
		x, y = shown(a), shown(b)
	}
	return strings.Compare(x, y)
}

// layOut is a value on lines of its own, for a diff: a string as it is, a
// collection with an element a line if it is long.
func layOut(v sl.Value) string {
	if s, ok := v.(sl.String); ok {
		return string(s)
	}
	var l layout
	l.value("", v, "\n", 0)
	return l.String()
}

type layout struct {
	strings.Builder
	open []sl.Value // lists and dicts that v is in
}

// value writes what comes before a value, the value, and what comes after it.
func (l *layout) value(before string, v sl.Value, after string, depth int) {
	if l.Len() > maxLaidOut {
		return
	}
	indent := strings.Repeat("    ", depth)
	if text, ok := inline(v, inlineWidth); ok && short(v) {
		l.WriteString(indent + before + text + after)
		return
	}
	if s, ok := v.(sl.String); ok {
		l.lines(indent, before, string(s), after)
		return
	}
	p, ok := partsOf(v)
	if !ok || depth > maxDepth || l.within(v) {
		l.WriteString(indent + before + shown(v) + after)
		return
	}
	l.open = append(l.open, v)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	l.WriteString(indent + before + p.open + "\n")
	for _, e := range p.elements {
		name := e.name
		if e.key != nil {
			name = shown(e.key)
		}
		l.value(name+p.colon, e.value, ",\n", depth+1)
	}
	l.WriteString(indent + p.close + after)
}

// within reports whether a value is in itself.
func (l *layout) within(v sl.Value) bool {
	switch v.(type) {
	case *sl.List, *sl.Dict: // nothing else can be
		return slices.ContainsFunc(l.open, func(o sl.Value) bool { return o.Type() == v.Type() && o == v })
	}
	return false
}

// lines writes a string inside a collection with each of its lines on one.
func (l *layout) lines(indent, before, s, after string) {
	next := "\n" + strings.Repeat(" ", len(indent)+len(before))
	before = indent + before
	for line := range strings.Lines(s) {
		if l.Len() > maxLaidOut {
			break
		}
		l.WriteString(before + sl.String(line).String())
		before = next
	}
	l.WriteString(after)
}
