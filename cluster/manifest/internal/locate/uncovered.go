package locate

import (
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// maxLookalike is how long a string may be to look like an image.
const maxLookalike = 512

// Uncovered returns the scalars of the latest tree that look like images and that no
// rule found, so that the next field that holds images is noticed.
func (s *Search) Uncovered() []Match {
	var out []Match
	next := 0 // of the matches, which are in order
	for n := range int32(len(s.tree.Nodes)) {
		for next < len(s.Matches) && s.Matches[next].Node < n {
			next++
		}
		if next < len(s.Matches) && s.Matches[next].Node == n || s.isClosed(n) || !s.looksLikeImage(n) {
			continue
		}
		out = append(out, Match{Node: n, Value: n, Tag: -1, Holder: -1, Via: -1, Source: FromNone})
	}
	return out
}

// looksLikeImage reports whether scalar n is of a key such as image or baseImage, is the
// repository in a mapping of such a key, or is a full name with a tag or a digest.
func (s *Search) looksLikeImage(n int32) bool {
	d := &s.tree.Nodes[n]
	if d.Kind != yamltree.Scalar || d.Style == yamltree.Block || d.Start == d.End || d.End-d.Start > maxLookalike {
		return false
	}
	text := s.tree.Text(n)
	if s.imageKey(n) || s.tree.KeyIs(n, "repository") && s.imageKey(d.Parent) {
		return true
	}
	host, rest, ok := strings.Cut(text, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return false
	}
	name := rest[strings.LastIndexByte(rest, '/')+1:]
	return strings.ContainsAny(name, ":@")
}

// imageKey reports whether the key of node n ends by image.
func (s *Search) imageKey(n int32) bool {
	d := &s.tree.Nodes[n]
	return d.KeyStart < d.KeyEnd && strings.HasSuffix(strings.ToLower(s.tree.Name(n)), "image")
}
