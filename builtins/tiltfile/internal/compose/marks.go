package compose

import (
	"errors"
	"slices"

	"go.yaml.in/yaml/v3"
)

// The tags by which a value takes the place of what files before, or the service that is
// extended, have there.
const (
	tagReset    = "!reset"    // nothing is there
	tagOverride = "!override" // the value alone is there
)

// maxMarks is how many places one document may mark, each counted as often as an alias
// brings it.
const maxMarks = 10_000

// marks are the paths of the values that a document resets or overrides.
type marks [][]string

// findMarks finds the marks of a document and removes their tags, and what is reset with
// them.
func findMarks(document *yaml.Node) (marks, error) {
	f := &markFinder{found: map[*yaml.Node]marks{}, open: map[*yaml.Node]bool{}}
	found := f.find(document)
	for _, n := range f.overrides {
		n.Tag = "" // it is of the type that it has without
	}
	if f.count > maxMarks {
		return nil, errors.New("more than 10,000 values with !reset or !override")
	}
	return found, nil
}

type markFinder struct {
	found map[*yaml.Node]marks // of the collections that were searched, relative to each
	open  map[*yaml.Node]bool  // those being searched: an alias inside leads nowhere
	count int
	// overrides have a tag to be removed, once all aliases of them were seen.
	overrides []*yaml.Node
}

func (f *markFinder) find(n *yaml.Node) marks {
	if known, ok := f.found[n]; ok || f.open[n] || f.count > maxMarks {
		return known
	}
	f.open[n] = true
	var found marks
	switch n.Kind {
	case yaml.AliasNode:
		found = f.find(n.Alias)
	case yaml.DocumentNode:
		found = f.find(n.Content[0])
	case yaml.MappingNode:
		found = f.mapping(n)
	case yaml.SequenceNode: // nothing is reset in a list that files before have
		n.Content = slices.DeleteFunc(n.Content, func(item *yaml.Node) bool { return tagOf(item) == tagReset })
		for _, item := range n.Content {
			f.find(item)
		}
	}
	delete(f.open, n)
	f.found[n] = found
	return found
}

func (f *markFinder) mapping(n *yaml.Node) marks {
	var found marks
	var kept []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		path := []string{key.Value}
		if key.Tag == "!!merge" {
			path = nil
			if value.Kind == yaml.AliasNode && value.Alias.Kind == yaml.SequenceNode {
				value = value.Alias // which the parser takes without an alias only
			}
		}
		tag := tagOf(value)
		if tag != tagReset {
			kept = append(kept, key, value)
		}
		inside := marks{nil}
		switch {
		case tag == "":
			inside = f.find(value)
		case value.Tag == tagOverride:
			f.overrides = append(f.overrides, value)
		}
		for _, rest := range inside {
			found = append(found, slices.Concat(path, rest))
		}
		if f.count += len(inside); f.count > maxMarks {
			break
		}
	}
	n.Content = kept
	return found
}

// tagOf is the mark of a value, or of what it is an alias of, "" for none.
func tagOf(n *yaml.Node) string {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Tag == tagReset || n.Tag == tagOverride {
		return n.Tag
	}
	return ""
}

// apply removes what the marks replace.
func (m marks) apply(to map[string]any) {
	for _, path := range m {
		at := to
		for len(path) > 1 && at != nil {
			at, _ = at[path[0]].(map[string]any)
			path = path[1:]
		}
		if len(path) == 1 {
			delete(at, path[0])
		}
	}
}
