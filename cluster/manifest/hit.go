package manifest

// hit is a node that a path leads to, and the alias or merge key on the way that
// stands last in the text; -1 where there is none.
type hit struct{ node, via int32 }

// follow is h with its alias followed, if it is one.
func (t *tree) follow(h hit) hit {
	n := t.resolve(h.node)
	if n == h.node {
		return h
	}
	return hit{n, max(h.via, h.node)}
}

// under is the value of a key in the mapping h, itself or through its merge keys;
// its node is -1 where there is none.
func (t *tree) under(h hit, key string) hit {
	value, via := t.field(h.node, key), h.via
	if value >= 0 && t.nodes[value].parent != h.node {
		via = max(via, t.own(h.node, classMerge))
	}
	return hit{value, via}
}

// reached adds the image text that a path leads to.
func (s *search) reached(h hit, source Source) {
	s.scalar(h.node, source)
	s.mark(len(s.finds)-1, h.via)
}
