package yamltree

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// full reads everything that the YAML parser reads, and takes the places of nodes
// from it. A node has a line and a column but no end; ends are found in the bytes.
type full struct {
	symbols    *Symbols
	tree       *Tree
	duplicates bool // of keys are accepted
	cursor
	anchors map[*yaml.Node]int32
}

// scan reads the documents in buf[start:end] into the tree.
func (f *full) scan(start, end int) (err error) {
	start += byteOrderMark(f.tree.Buf[start:end])
	text := f.tree.Buf[start:end]
	if at, why := forbidden(text); at >= 0 {
		return &Fault{At: start + at, Reason: why}
	}
	defer func() {
		// The parser is known to panic on some broken inputs.
		if p := recover(); p != nil {
			err = &Fault{At: start, Reason: fmt.Sprintf("the YAML parser failed: %v", p)}
		}
	}()
	f.cursor = newCursor(f.tree.Buf, start, end)
	f.anchors = map[*yaml.Node]int32{}
	f.tree.targets, f.tree.texts, f.tree.names = map[int32]int32{}, map[int32]string{}, map[int32]string{}
	known, masked := parserText(text)
	parser := yaml.NewDecoder(bytes.NewReader(known))
	for {
		var doc yaml.Node
		if err := parser.Decode(&doc); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return brokenFault(text, start, err)
		}
		root := doc.Content[0]
		if masked {
			if err := f.unmask(root); err != nil {
				return err
			}
			f.cursor = newCursor(f.tree.Buf, start, end)
		}
		if root.Kind == yaml.ScalarNode && root.Value == "" {
			continue // nothing but comments
		}
		if err := f.add(root, nil, noParent); err != nil {
			return err
		}
	}
}

// add appends a value, with its key in a mapping, and everything inside it.
func (f *full) add(v, key *yaml.Node, parent int32) error {
	t := f.tree
	n := int32(len(t.Nodes))
	t.Nodes = append(t.Nodes, Node{Parent: parent, Next: n + 1})
	if key != nil {
		if err := f.name(n, key); err != nil {
			return err
		}
	}
	if v.Anchor != "" {
		f.anchors[v] = n
	}
	if err := f.place(n, v, key != nil); err != nil {
		return err
	}
	switch v.Kind {
	case yaml.SequenceNode:
		for _, item := range v.Content {
			if err := f.add(item, nil, n); err != nil {
				return err
			}
		}
	case yaml.MappingNode:
		if err := f.unique(v); err != nil {
			return err
		}
		for i := 0; i+1 < len(v.Content); i += 2 {
			if err := f.add(v.Content[i+1], v.Content[i], n); err != nil {
				return err
			}
		}
	}
	t.Nodes[n].Next = int32(len(t.Nodes))
	return nil
}

// place sets what node n is and where: its kind, its style, its start and, but for a
// mapping or a sequence, its end. keyed reports whether it is the value of a key.
func (f *full) place(n int32, v *yaml.Node, keyed bool) error {
	t := f.tree
	at := f.offset(v.Line, v.Column)
	d := &t.Nodes[n]
	d.Start, d.End = uint32(at), uint32(at)
	if v.Style&yaml.FlowStyle != 0 || d.Parent >= 0 && t.Nodes[d.Parent].Flow() {
		d.flags |= inFlow
	}
	switch v.Kind {
	case yaml.ScalarNode:
		d.Style = scalarStyle(v)
		if v.Style&yaml.TaggedStyle != 0 && v.ShortTag() != "!!str" {
			d.flags |= tagged
		}
		start, end, err := f.extent(at, v)
		if err != nil {
			return err
		}
		if start == end && keyed {
			// The parser places a null at what follows.
			start = f.behindColon(int(d.KeyEnd))
			end = start
		}
		d.Start, d.End = uint32(start), uint32(end)
		if string(t.Buf[start:end]) != v.Value {
			t.texts[n] = v.Value
		}
	case yaml.AliasNode:
		d.Kind = Alias
		d.End = uint32(at + 1 + len(v.Value))
		target, ok := f.anchors[v.Alias]
		if !ok {
			target = n // a key's anchor: it leads nowhere
		}
		t.targets[n] = target
	case yaml.MappingNode:
		d.Kind = Mapping
	case yaml.SequenceNode:
		d.Kind = Sequence
	}
	return nil
}

// target returns the node that an alias refers to, and any other node itself.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// name sets the key of node n. A key that is no scalar, or an alias of one, has no
// name.
func (f *full) name(n int32, key *yaml.Node) error {
	t := f.tree
	at := f.offset(key.Line, key.Column)
	d := &t.Nodes[n]
	d.KeyStart, d.KeyEnd = uint32(at), uint32(at)
	named := target(key)
	if named.Kind != yaml.ScalarNode {
		t.names[n] = ""
		return nil
	}
	start, end := at, at+len("*")+len(key.Value)
	if named == key {
		var err error
		if start, end, err = f.extent(at, key); err != nil {
			return err
		}
	}
	d.KeyStart, d.KeyEnd = uint32(start), uint32(end)
	t.names[n] = named.Value
	if c := f.symbols.Named(named.Value); c != Merge || key.Tag == "!!merge" {
		d.Key = c
		t.merges = t.merges || c == Merge
		if f.symbols.marked[c] {
			t.Marks = append(t.Marks, n)
		}
	}
	return nil
}

// unique refuses a mapping with the same key twice.
func (f *full) unique(m *yaml.Node) error {
	seen := make(map[string]*yaml.Node, len(m.Content)/2)
	for i := 0; i < len(m.Content); i += 2 {
		key := m.Content[i]
		named := target(key)
		if named.Kind != yaml.ScalarNode {
			continue
		}
		first, twice := seen[named.Value]
		if twice && f.duplicates {
			f.tree.duplicates = true
		} else if twice {
			return &Fault{
				At:     f.offset(key.Line, key.Column),
				Reason: fmt.Sprintf("duplicate key %q, first on line %s: remove one", named.Value, FirstLineMark),
				First:  new(f.offset(first.Line, first.Column)),
			}
		}
		seen[named.Value] = key
	}
	return nil
}

func scalarStyle(v *yaml.Node) Style {
	switch {
	case v.Style&yaml.DoubleQuotedStyle != 0:
		return Double
	case v.Style&yaml.SingleQuotedStyle != 0:
		return Single
	case v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return Block
	}
	return Plain
}
