package manifest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// edits collects the edits of a document, and hands them to the plan in order.
type edits struct {
	of      []edit            // offsets are the region's until flush
	changes []change          // the distinct ones of the whole input
	numbers map[change]uint32 // their places in changes
}

// change returns the number of a change.
func (e *edits) change(old, new string) uint32 {
	c := change{old, new}
	n, ok := e.numbers[c]
	if !ok {
		if e.numbers == nil {
			e.numbers = map[change]uint32{}
		}
		n = uint32(len(e.changes))
		e.numbers[c] = n
		e.changes = append(e.changes, c)
	}
	return n
}

func (e *edits) add(at, change uint32) { e.of = append(e.of, edit{int64(at), change}) }

// flush moves the edits to the plan. The same edit twice is one: a scalar may be
// reached on two ways. Two different edits of the same bytes are an error.
func (e *edits) flush(s *scan) error {
	if !slices.IsSortedFunc(e.of, compareEdits) {
		slices.SortStableFunc(e.of, compareEdits)
	}
	if p := s.plan; cap(p.edits)-len(p.edits) < len(e.of) {
		p.edits = slices.Grow(p.edits, max(len(p.edits), len(e.of))) // doubled: append would copy more often
	}
	end := int64(-1)
	for i, one := range e.of {
		if i > 0 && one == e.of[i-1] {
			continue
		}
		if one.at < end {
			return &yamltree.Fault{At: int(one.at), Reason: "two rules change this string in different ways"}
		}
		end = one.at + int64(max(len(e.changes[one.change].old), 1))
		s.plan.edits = append(s.plan.edits, edit{one.at + s.stream.base, one.change})
	}
	e.of = e.of[:0]
	s.plan.changes = e.changes
	return nil
}

func compareEdits(a, b edit) int { return cmp.Compare(a.at, b.at) }

// scalarEdit replaces the value of scalar n, in its own style.
func (s *scan) scalarEdit(n int32, to string) error {
	t := s.tree
	d := &t.Nodes[n]
	start, end := int(d.Start), int(d.End)
	if start == end {
		return s.nullEdit(start, yamltree.Encode(to, yamltree.Plain))
	}
	if d.Style == yamltree.Block {
		start, end = yamltree.BlockLine(t.Buf, end)
		if string(t.Buf[start:end]) != t.Text(n) {
			return &yamltree.Fault{At: int(d.Start), Reason: "an image in a block with this header cannot be changed: write it on the key's line"}
		}
	}
	s.edits.add(uint32(start), s.edits.change(string(t.Buf[start:end]), yamltree.Encode(to, d.Style)))
	return nil
}

// namespaced writes the namespace of the options into an object that has none: beside
// its name, or the first field of its metadata if the server names it.
func (s *scan) namespaced(o *locate.Object) error {
	t := s.tree
	if o.Namespace >= 0 {
		if s.tagText(t.Resolve(o.Namespace)) != "" {
			return nil
		}
		return s.scalarEdit(t.Resolve(o.Namespace), s.opts.Namespace)
	}
	beside := o.Name
	if metadata := t.Field(o.Node, "metadata"); beside < 0 && metadata >= 0 && t.Nodes[t.Resolve(metadata)].Kind == yamltree.Mapping {
		if fields := t.Children(t.Resolve(metadata)); len(fields) > 0 && t.Nodes[fields[0]].Kind == yamltree.Scalar {
			beside = fields[0]
		}
	}
	if beside < 0 {
		return &yamltree.Fault{At: int(t.Nodes[o.Node].Start), Reason: "the object has no name that a namespace can be written beside"}
	}
	return s.addBeside(beside, "namespace", s.opts.Namespace)
}

// nullEdit writes a value for a key that has none, at the offset behind its colon.
func (s *scan) nullEdit(at int, to string) error {
	buf := s.tree.Buf
	rest, _ := yamltree.FirstLine(buf[at:])
	rest = bytes.TrimLeft(rest, " ")
	if at == 0 || buf[at-1] != ':' || len(rest) > 0 && bytes.IndexByte([]byte("#,}"), rest[0]) < 0 {
		return &yamltree.Fault{At: at, Reason: "an empty value with a tag or an anchor cannot be changed: write the value"}
	}
	s.edits.add(uint32(at), s.edits.change("", " "+to))
	return nil
}

// tagText is the tag in scalar n; empty if there is none, or a null.
func (s *scan) tagText(n int32) string {
	if n < 0 {
		return ""
	}
	text := s.tree.Text(n)
	if s.tree.Nodes[n].Style == yamltree.Plain && yamltree.IsNull([]byte(text)) {
		return ""
	}
	return text
}

// joinTag is the image of two fields. A consumer joins them with a colon, or with an
// at sign if the second is a whole digest.
func joinTag(repo, tag string) string {
	if isDigest(tag) {
		return repo + "@" + tag
	}
	return repo + ":" + tag
}

func isDigest(tag string) bool { return strings.HasPrefix(tag, "sha256:") }

// cutTag is the reverse of joinTag. Any image can be cut at its last colon, that of a
// digest too.
func cutTag(image string, digest bool) (repo, tag string) {
	if i := strings.LastIndexByte(image, '@'); i >= 0 && digest {
		return image[:i], image[i+1:]
	}
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[:i], image[i+1:]
	}
	return image, ""
}

// splitEdit writes an image to two fields.
func (s *scan) splitEdit(f *locate.Find, v *verdict, before string) error {
	oldRepo, oldTag := s.tree.Text(f.Node), s.tagText(f.Tag)
	repo, tag := oldRepo, oldTag
	if v.to != v.text {
		repo, tag = cutTag(v.to, isDigest(oldTag))
		repo = before + repo
	}
	if err := s.settle(f, f.Node, oldRepo, repo); err != nil {
		return err
	}
	switch {
	case tag != oldTag && f.Stronger != "":
		return &yamltree.Fault{At: int(s.tree.Nodes[f.Node].Start), Reason: fmt.Sprintf("image %s has another tag, and the field %q counts in place of the tag: remove it", shown(v.to), f.Stronger)}
	case f.Tag < 0 && tag == "":
		return nil
	case f.Tag < 0 && f.TagField == "":
		return &yamltree.Fault{At: int(s.tree.Nodes[f.Node].Start), Reason: "image " + shown(v.to) + " has a tag, and the field of its tag is missing: add one"}
	case f.Tag < 0:
		return s.addBeside(f.Value, f.TagField, tag)
	case tag != oldTag && s.tree.Nodes[f.Tag].Kind != yamltree.Scalar:
		return &yamltree.Fault{At: int(s.tree.Nodes[f.Tag].Start), Reason: "the tag beside an image's repository is not a string"}
	}
	return s.settle(f, f.Tag, oldTag, tag)
}

// settle makes a scalar of a split image what it has to be. Images that share it
// through an alias must agree, also those that stay as they are.
func (s *scan) settle(f *locate.Find, n int32, from, to string) error {
	if s.settled == nil {
		s.settled = map[int32]string{}
	}
	if other, ok := s.settled[n]; ok {
		if other == to {
			return nil
		}
		return &yamltree.Fault{
			At: int(s.tree.Nodes[max(f.Via, n)].Start),
			Reason: fmt.Sprintf("images share %q through an alias, and it would become %q for one and %q for another: write it out for each",
				shown(from), shown(other), shown(to)),
		}
	}
	s.settled[n] = to
	if from == to {
		return nil
	}
	return s.scalarEdit(n, to)
}
