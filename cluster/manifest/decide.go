package manifest

import "bytes"

// decide turns the finds of the tree at hand into edits.
func (s *scan) decide() error {
	if s.opts.OnObject != nil {
		for i := range s.search.objects {
			if err := s.opts.OnObject(s.object(&s.search.objects[i])); err != nil {
				return &fault{at: int(s.tree.nodes[s.search.objects[i].node].start), reason: err.Error(), err: err}
			}
		}
	}
	if s.opts.Index != nil {
		for i := range s.search.objects {
			if err := s.index(&s.search.objects[i]); err != nil {
				return err
			}
		}
	}
	clear(s.settled)
	clear(s.policied)
	for i := range s.search.finds {
		f, decide := &s.search.finds[i], s.one
		if f.again {
			decide = s.shared
		}
		if err := decide(f); err != nil {
			return err
		}
	}
	s.inherited()
	return s.edits.flush(s)
}

// one decides on one find.
func (s *scan) one(f *find) error {
	d := &s.tree.nodes[f.node]
	if d.kind != scalarNode {
		if f.source == FromContainer || f.source == FromLocator || f.source == FromCompose {
			s.warn(d.start, "image is %s, not a text: left alone (a template without quotes?)", d.kind)
		}
		return nil
	}
	if f.split || d.style == blockStyle || s.tree.texts != nil {
		return s.slow(f)
	}
	raw := s.tree.raw(f.node)
	known := s.texts.spellings[f.source.table()]
	p := known[string(raw)]
	if p == nil {
		if d.style == plainStyle && otherType(string(raw)) {
			s.untyped(f, string(raw))
			return nil
		}
		v, err := s.judge(f, decode(raw, d.style))
		if err != nil {
			return err
		}
		p = &spelling{verdict: v, edits: v.to != v.text}
		if p.edits {
			p.change = s.edits.change(string(raw), encode(v.to, d.style))
		}
		known[string(raw)] = p
	}
	s.report(f, p.verdict)
	if p.edits {
		s.edits.add(d.start, p.change)
	}
	return s.policy(f, p.verdict)
}

// slow decides on a find whose text is not simply its bytes.
func (s *scan) slow(f *find) error {
	d := &s.tree.nodes[f.node]
	text := s.tree.text(f.node)
	if d.style == plainStyle && otherType(text) {
		s.untyped(f, text)
		return nil
	}
	if f.split {
		if tag := s.tagText(f.tag); tag != "" {
			text += ":" + tag
		}
	}
	v, err := s.judge(f, text)
	if err != nil {
		return err
	}
	s.report(f, v)
	if v.to != v.text && f.via >= 0 {
		s.warn(s.tree.nodes[f.via].start, "image %q is shared through an alias: it is changed at its anchor, line %d, for all that use it",
			v.text, s.position(int(d.start)).Line)
	}
	switch {
	case f.split:
		err = s.splitEdit(f, v)
	case v.to != v.text:
		err = s.scalarEdit(f.node, v.to)
	}
	if err != nil {
		return err
	}
	return s.policy(f, v)
}

// shared sets the pull policy of a container whose image another one has too, and
// was decided on there.
func (s *scan) shared(f *find) error {
	d := &s.tree.nodes[f.node]
	text := s.tree.text(f.node)
	if d.kind != scalarNode || d.style == plainStyle && otherType(text) {
		return nil
	}
	v, err := s.judge(f, text)
	if err != nil {
		return err
	}
	return s.policy(f, v)
}

// untyped speaks of a plain scalar that YAML takes for something other than a
// text. A null is no image, and fine.
func (s *scan) untyped(f *find, text string) {
	if !isNull([]byte(text)) && f.source != FromEnv {
		s.warn(s.tree.nodes[f.node].start, "image %s is not a text to YAML: left alone (write it in quotes)", text)
	}
}

// report tells of a find.
func (s *scan) report(f *find, v *verdict) {
	switch {
	case v.fault == "":
		if s.opts.OnImage != nil {
			found := s.image(f, v.text)
			s.opts.OnImage(&found, v.to, v.matched)
		}
	case f.source != FromEnv:
		s.warn(s.tree.nodes[f.node].start, "image %q is no image name: %s; left alone", v.text, v.fault)
	}
}

// scalarEdit replaces the text of scalar n, in its own style.
func (s *scan) scalarEdit(n int32, to string) error {
	d := &s.tree.nodes[n]
	start, end := int(d.start), int(d.end)
	if start == end {
		return s.nullEdit(start, encode(to, plainStyle))
	}
	if d.style == blockStyle {
		start, end = blockLine(s.tree.buf, end)
		if string(s.tree.buf[start:end]) != s.tree.text(n) {
			return &fault{at: int(d.start), reason: "an image in a block with this header cannot be changed: write it on the key's line"}
		}
	}
	s.edits.add(uint32(start), s.edits.change(string(s.tree.buf[start:end]), encode(to, d.style)))
	return nil
}

// nullEdit writes a value where a key has none, at the offset behind its colon.
func (s *scan) nullEdit(at int, to string) error {
	rest, _ := firstLine(s.tree.buf[at:])
	rest = bytes.TrimLeft(rest, " ")
	if at == 0 || s.tree.buf[at-1] != ':' || len(rest) > 0 && bytes.IndexByte([]byte("#,}"), rest[0]) < 0 {
		return &fault{at: at, reason: "an empty value with a tag or an anchor cannot be changed: write the value"}
	}
	s.edits.add(uint32(at), s.edits.change("", " "+to))
	return nil
}

func (k kind) String() string {
	return [...]string{"a text", "a mapping", "a list", "an alias"}[k]
}
