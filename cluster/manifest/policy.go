package manifest

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// policy sets the pull policy of an image that matched.
func (s *scan) policy(m *locate.Match, v *verdict) error {
	want := s.opts.PullPolicy
	if want == PullKeep || want == "" || !v.matched || m.Holder < 0 {
		return nil
	}
	if want == PullNever && strings.IndexByte(v.to, '@') >= 0 {
		return &yamltree.Fault{At: int(s.tree.Nodes[m.Node].Start), Reason: fmt.Sprintf("pull policy Never cannot work with a digest (%s): an image that was loaded onto a node has none; use IfNotPresent", shown(v.to))}
	}
	before := len(s.edits.of)
	err := s.setPolicy(m, string(want))
	if s.tree.Aliased() {
		if s.policied == nil {
			s.policied = map[int32]bool{}
		}
		s.policied[m.Holder] = len(s.edits.of) > before
	}
	return err
}

// setPolicy sets the policy of a holder, and of no other: if it is an alias that
// alias is replaced, and if it is merged in the holder gets one of its own, unless
// its image comes from there too.
func (s *scan) setPolicy(m *locate.Match, want string) error {
	t := s.tree
	n := t.Field(m.Holder, m.Policy)
	if n < 0 {
		return s.edits.beside(m.Value, m.Policy, want)
	}
	value := t.Resolve(n)
	d := &t.Nodes[value]
	switch {
	case d.Kind != yamltree.Scalar:
		return &yamltree.Fault{At: int(d.Start), Reason: m.Policy + " is not a string"}
	case t.Text(n) == want:
		return nil
	case t.Nodes[n].Parent != m.Holder && t.Nodes[m.Value].Parent == m.Holder:
		return s.edits.beside(m.Value, m.Policy, want)
	case n != value:
		at, end := t.Nodes[n].Start, t.Nodes[n].End
		s.edits.add(at, s.edits.change(string(t.Buf[at:end]), want))
		return nil
	}
	return s.edits.scalar(value, want)
}

// warnOfInherited warns of the containers that get a policy only because they share
// it with one that was to get it.
func (s *scan) warnOfInherited() {
	if len(s.policied) == 0 {
		return
	}
	const image, policy = "image", "imagePullPolicy"
	t := s.tree
	for n := range int32(len(t.Nodes)) {
		d := &t.Nodes[n]
		if d.Kind != yamltree.Alias {
			continue
		}
		at, from := d.Parent, t.Resolve(n) // the mapping that the alias is in, and its target
		if at >= 0 && t.Nodes[at].Kind == yamltree.Mapping && t.KeyIs(n, policy) {
			from = t.Nodes[from].Parent
		} else {
			if at >= 0 && t.Nodes[at].Kind == yamltree.Sequence && t.Nodes[at].Key == yamltree.Merge {
				at = t.Nodes[at].Parent
			} else if d.Key != yamltree.Merge {
				continue
			}
			if t.OwnField(at, policy) >= 0 || t.Field(at, image) < 0 {
				continue
			}
		}
		if _, own := s.policied[at]; s.policied[from] && !own {
			s.warn(d.Start, "%s changes here too: it is shared with the container in line %d; write it out if that is not meant",
				policy, s.position(int(t.Nodes[from].Start)).Line)
		}
	}
}
