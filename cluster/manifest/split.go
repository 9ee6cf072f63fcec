package manifest

import (
	"fmt"
	"strings"
)

// tagText is the tag in scalar n; empty where there is none, or a null.
func (s *scan) tagText(n int32) string {
	if n < 0 {
		return ""
	}
	text := s.tree.text(n)
	if s.tree.nodes[n].style == plainStyle && isNull([]byte(text)) {
		return ""
	}
	return text
}

// splitEdit writes an image to two fields. A consumer joins them with a colon,
// so any image can be cut at its last one, that of a digest too.
func (s *scan) splitEdit(f *find, v *verdict) error {
	oldRepo, oldTag := s.tree.text(f.node), s.tagText(f.tag)
	repo, tag := oldRepo, oldTag
	if v.to != v.text {
		repo, tag = v.to, ""
		if i := strings.LastIndexByte(repo, ':'); i > strings.LastIndexByte(repo, '/') {
			repo, tag = repo[:i], repo[i+1:]
		}
	}
	if err := s.settle(f, f.node, oldRepo, repo); err != nil {
		return err
	}
	switch {
	case f.tag < 0 && tag == "":
		return nil
	case f.tag < 0:
		return &fault{at: int(s.tree.nodes[f.node].start), reason: "image " + v.to + " has a tag, and no tag field stands beside this repository: add one"}
	case tag != oldTag && s.tree.nodes[f.tag].kind != scalarNode:
		return &fault{at: int(s.tree.nodes[f.tag].start), reason: "the tag beside an image's repository is not a text"}
	}
	return s.settle(f, f.tag, oldTag, tag)
}

// settle makes a scalar of a split image what it has to be. Images that share it
// through an alias must agree, also those that stay as they are.
func (s *scan) settle(f *find, n int32, from, to string) error {
	if s.settled == nil {
		s.settled = map[int32]string{}
	}
	if other, ok := s.settled[n]; ok {
		if other == to {
			return nil
		}
		return &fault{
			at:     int(s.tree.nodes[max(f.via, n)].start),
			reason: fmt.Sprintf("images share %q through an alias, and it would become %q for one and %q for another: write it out for each", from, other, to),
		}
	}
	s.settled[n] = to
	if from == to {
		return nil
	}
	return s.scalarEdit(n, to)
}
