package locate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// Match is a scalar that may hold an image.
type Match struct {
	Node int32
	// Value is the value of the key or item that led here: Node, or an alias of it.
	Value int32
	// Before is how many bytes of the string precede the image.
	Before int32
	// Holder is the mapping whose pull policy goes with the image, in the field
	// Policy; -1 if there is none.
	Holder int32
	Policy string
	// Split reports whether the scalar holds the repository alone; then Tag is the
	// scalar that holds the tag, or -1 and TagField is the name of the field to add, if
	// it can be added.
	Split    bool
	Tag      int32
	TagField string
	// Stronger is the name of a field beside the tag that counts in its place, or
	// empty.
	Stronger string
	// Via is the alias, or the value that has one, that led here; or -1.
	Via int32
	// Again is true for an image found before, for another holder: only the policy is
	// left to set.
	Again bool
	// Maybe is true if other values are expected here as well as images.
	Maybe    bool
	Source   Source
	explicit bool
}

// Search finds the images of a tree. It is used again for the next tree.
type Search struct {
	Matches []Match
	Objects []Object

	tables *tables
	tree   *yamltree.Tree
	extra  *Rules // of the caller
	env    bool
	walk   walk
	closed []int32 // mappings in which nothing is found
	// aliases are those that are images themselves, or the tags of images.
	aliases          map[int32]bool
	kind, apiVersion []byte // used again
	// The latest apiVersion looked up, as it is written, and its rules.
	version []byte
	rules   []*compiled
}

// NewSearch makes a Search by the built-in rules and the caller's; with env, env
// values and arguments of containers may be images.
func NewSearch(extra *Rules, env bool) *Search {
	return &Search{tables: builtin(), extra: extra, env: env}
}

// Run searches t, whose keys were numbered by [Symbols]. The matches are in the order
// of the document, each scalar once, or once for each holder.
func (s *Search) Run(t *yamltree.Tree) {
	s.tree, s.Matches, s.Objects, s.closed = t, s.Matches[:0], s.Objects[:0], s.closed[:0]
	s.walk.tree, s.walk.visited = t, nil
	clear(s.aliases)
	for root := int32(0); root < int32(len(t.Nodes)); root = t.Nodes[root].Next {
		s.list(root, "", -1)
	}
	for _, n := range t.Marks {
		if t.Nodes[n].Key == keyKind && s.closes(n) {
			s.closed = append(s.closed, t.Nodes[n].Parent)
		}
	}
	s.outermost()
	s.everywhere()
	for i := range s.Objects {
		s.object(&s.Objects[i])
	}
	s.order()
}

// everywhere applies the rules that hold at any depth of any object.
func (s *Search) everywhere() {
	for _, n := range s.tree.Marks {
		for _, r := range s.tables.everywhere[s.tree.Nodes[n].Key] {
			if !s.isClosed(n) {
				s.reach(r.target, r.rule, s.walk.eval(r.target.path.steps, place{n, -1}))
			}
		}
	}
}

// object applies the rules of object o's kind.
func (s *Search) object(o *Object) {
	if o.APIVersion >= 0 {
		for _, r := range s.ofGroup(o) {
			s.apply(r, o)
		}
	} else if o.Kind < 0 && s.tree.Own(o.Node, keyServices) >= 0 {
		s.apply(s.tables.compose, o)
	}
	if s.extra != nil {
		for _, r := range s.extra.all {
			s.apply(r, o)
		}
	}
}

// ofGroup returns the rules of an object's API group.
func (s *Search) ofGroup(o *Object) []*compiled {
	raw := s.tree.Raw(s.tree.Resolve(o.APIVersion))
	switch string(raw) {
	case "v1", "apps/v1", "batch/v1": // most are these
		return nil
	}
	if string(raw) != string(s.version) || s.version == nil || !s.tree.Simple(s.tree.Resolve(o.APIVersion)) {
		s.version = append(s.version[:0], raw...)
		group, _, _ := strings.Cut(s.tree.Text(o.APIVersion), "/")
		s.rules = s.tables.ofGroup(group)
	}
	return s.rules
}

// apply applies a rule to object o, if it is for it.
func (s *Search) apply(r *compiled, o *Object) {
	if !r.matches(s.tree, o) {
		return
	}
	for i := range r.targets {
		t := &r.targets[i]
		if t.path.key == yamltree.NoSymbol {
			s.walk.visited = nil
			s.reach(t, r, s.walk.eval(t.path.steps, place{o.Node, -1}))
			continue
		}
		end := s.tree.Nodes[o.Node].Next
		at, _ := slices.BinarySearch(s.tree.Marks, o.Node)
		for _, n := range s.tree.Marks[at:] {
			if n >= end {
				break
			}
			if s.tree.Nodes[n].Key == t.path.key {
				s.reach(t, r, s.walk.eval(t.path.steps, place{n, -1}))
			}
		}
	}
}

// reach adds what the target's path leads to.
func (s *Search) reach(t *target, r *compiled, places []place) {
	for _, p := range places {
		switch t.form {
		case stringForm:
			s.image(t, r, p)
		case containerForm:
			s.container(t, r, p)
		case splitForm:
			s.split(t, r, p)
		}
	}
}

// image adds the scalar that a path leads to.
func (s *Search) image(t *target, r *compiled, p place) {
	n, at := p.node, follow(s.tree, p)
	m := Match{Node: at.node, Value: n, Tag: -1, Holder: -1, Via: at.via, Source: r.source, explicit: r.explicit && !t.path.deep}
	if t.entry != nil && !s.entry(t, n) || !s.cut(t, &m) {
		return
	}
	if parent := s.tree.Nodes[n].Parent; t.policy != "" && parent >= 0 {
		m.Holder, m.Policy = parent, t.policy
	}
	s.Matches = append(s.Matches, m)
}

// entry reports whether what is beside value n is what the target takes.
func (s *Search) entry(t *target, n int32) bool {
	p := s.tree.Nodes[n].Parent
	return p >= 0 && s.tree.Nodes[p].Kind == yamltree.Mapping && t.entry.MatchString(s.tree.Text(s.tree.Field(p, t.beside)))
}

// cut finds where in the string of m the image starts. It reports whether there can
// be one.
func (s *Search) cut(t *target, m *Match) bool {
	if t.before == nil && !t.qualified {
		return true
	}
	d := &s.tree.Nodes[m.Node]
	if d.Kind != yamltree.Scalar || t.qualified && d.Style == yamltree.Block { // a script, or a file
		return false
	}
	text := s.tree.Text(m.Node)
	if t.before != nil {
		at := t.before.FindStringIndex(text)
		if at == nil || at[0] != 0 {
			return false
		}
		m.Before = int32(at[1])
	}
	m.Maybe = t.qualified
	return !t.qualified || strings.ContainsAny(text[m.Before:], "/:@")
}

// containerPolicy is the field of a container that is its pull policy.
const containerPolicy = "imagePullPolicy"

// container adds what a container holds: its image, and its env and args if asked.
func (s *Search) container(t *target, r *compiled, p place) {
	tree := s.tree
	from := p
	if p = follow(tree, p); tree.Nodes[p.node].Kind != yamltree.Mapping {
		return
	}
	if p.node != from.node && !s.walk.first(s.tables.container, p.node) {
		return
	}
	if image := merged(tree, p, tree.Child(p.node, keyImage)); image.node >= 0 {
		at := follow(tree, image)
		s.Matches = append(s.Matches, Match{Node: at.node, Value: image.node, Tag: -1, Holder: p.node, Policy: t.policy, Via: at.via, Source: r.source})
	}
	if s.env {
		inner := walk{tree: tree}
		for _, e := range s.tables.env {
			for i := range e.targets {
				s.reach(&e.targets[i], e, inner.eval(e.targets[i].path.steps, p))
			}
		}
	}
}

// split adds the image whose two fields are in the mapping that a path leads to.
func (s *Search) split(t *target, r *compiled, p place) {
	tree := s.tree
	if p = follow(tree, p); tree.Nodes[p.node].Kind != yamltree.Mapping {
		return
	}
	repo := under(tree, p, t.repo)
	if repo.node < 0 {
		return
	}
	before := len(s.Matches)
	s.image(t, r, repo)
	if len(s.Matches) == before {
		return
	}
	m := &s.Matches[before]
	m.Split = true
	if tag := s.leadTo(p, t.tag); tag.node >= 0 {
		m.Tag, m.Via = tag.node, max(m.Via, tag.via)
	} else if len(t.tag) == 1 {
		m.TagField = t.tag[0]
	}
	for _, keys := range t.stronger {
		if field := s.leadTo(p, keys); field.node >= 0 && tree.Text(field.node) != "" {
			m.Stronger = keys[len(keys)-1]
		}
	}
}

// leadTo follows keys from a mapping; the node is -1 if one of them is missing.
func (s *Search) leadTo(p place, keys []string) place {
	tree := s.tree
	for i, key := range keys {
		if p = under(tree, p, key); p.node < 0 {
			break
		}
		value := p.node
		if p = follow(tree, p); p.node != value {
			s.noteAlias(value)
		}
		if i < len(keys)-1 && tree.Nodes[p.node].Kind != yamltree.Mapping {
			p.node = -1
			break
		}
	}
	return p
}

// order sorts the matches and makes one of those that name the same scalar, but for the
// holders that share it.
func (s *Search) order() {
	if !slices.IsSortedFunc(s.Matches, byNode) {
		slices.SortStableFunc(s.Matches, byNode)
	}
	out, first := s.Matches[:0], 0 // the first match of the scalar at hand
	for _, m := range s.Matches {
		if !m.explicit && s.isClosed(m.Node) {
			continue
		}
		if m.Value != m.Node {
			s.noteAlias(m.Value)
		}
		n := len(out)
		if n == 0 || out[n-1].Node != m.Node {
			first = n
			out = append(out, m)
			continue
		}
		if m.Split && out[first].Split && m.Tag != out[first].Tag {
			out = append(out, m)
			continue
		}
		out[first].Via = max(out[first].Via, m.Via)
		if m.Source == FromLocator && m.Split == out[first].Split && m.Before == out[first].Before {
			out[first].Source, out[first].Maybe = m.Source, m.Maybe // the caller's rule names it
		}
		switch {
		case out[first].Holder < 0:
			out[first].Holder, out[first].Policy = m.Holder, m.Policy
		case m.Holder >= 0 && m.Holder != out[n-1].Holder:
			m.Again = true
			out = append(out, m)
		}
	}
	s.Matches = out
}

// noteAlias notes that alias n is an image, or the tag of one.
func (s *Search) noteAlias(n int32) {
	if s.aliases == nil {
		s.aliases = map[int32]bool{}
	}
	s.aliases[n] = true
}

// IsImage reports whether alias n is an image, or the tag of one.
func (s *Search) IsImage(n int32) bool { return s.aliases[n] }

func byNode(a, b Match) int { return cmp.Compare(a.Node, b.Node) }

// closes reports whether the object of this kind holds no images.
func (s *Search) closes(kind int32) bool {
	raw := s.tree.Raw(kind)
	if len(raw) > 0 && raw[0] >= 'A' && raw[0] != 'C' && raw[0] != 'S' {
		return false // most kinds, and without making a string
	}
	s.kind = s.tree.AppendText(s.kind[:0], kind)
	s.apiVersion = s.tree.AppendText(s.apiVersion[:0], s.tree.Own(s.tree.Nodes[kind].Parent, keyAPIVersion))
	return holdsNoImages(s.kind, s.apiVersion)
}

// outermost sorts the closed mappings and leaves out those inside another.
func (s *Search) outermost() {
	slices.Sort(s.closed)
	out, end := s.closed[:0], int32(0)
	for _, m := range s.closed {
		if m >= end {
			out, end = append(out, m), s.tree.Nodes[m].Next
		}
	}
	s.closed = out
}

func (s *Search) isClosed(n int32) bool {
	if len(s.closed) == 0 {
		return false
	}
	i, _ := slices.BinarySearch(s.closed, n)
	return i > 0 && n < s.tree.Nodes[s.closed[i-1]].Next
}
