package manifest

import (
	"errors"

	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// verdict is what becomes of an image.
type verdict struct {
	text    string
	fault   string // why it is not an image name; empty for one that is
	to      string
	matched bool
}

// spelling is a verdict for a scalar as it is written, so that most images need
// one look-up and no decoding.
type spelling struct {
	*verdict
	change uint32 // if the bytes change
	edits  bool
}

// judge remembers the verdicts. A manifest's images are few and repeat.
type judge struct {
	verdicts  [3]map[string]*verdict  // by table, and by string
	spellings [3]map[string]*spelling // by a scalar's bytes
}

func newJudge() (j judge) {
	for i := range j.verdicts {
		j.verdicts[i], j.spellings[i] = map[string]*verdict{}, map[string]*spelling{}
	}
	return j
}

// table is where the verdict on a find is remembered: a caller may decide otherwise in
// env values, and what need not be an image is reported otherwise.
func table(f *locate.Find) int {
	switch {
	case f.Source == locate.FromEnv:
		return 1
	case f.Maybe:
		return 2
	}
	return 0
}

// decide turns the finds of the tree at hand into edits.
func (s *scan) decide() error {
	if s.opts.OnObject != nil {
		for i := range s.search.Objects {
			o := &s.search.Objects[i]
			if err := s.opts.OnObject(s.object(o)); err != nil {
				return &yamltree.Fault{At: int(s.tree.Nodes[o.Node].Start), Reason: err.Error(), Err: err}
			}
		}
	}
	if s.opts.Index != nil {
		for i := range s.search.Objects {
			if err := s.index(&s.search.Objects[i]); err != nil {
				return err
			}
		}
	}
	if s.opts.Namespace != "" {
		for i := range s.search.Objects {
			if err := s.namespaced(&s.search.Objects[i]); err != nil {
				return err
			}
		}
	}
	clear(s.settled)
	clear(s.policied)
	for i := range s.search.Finds {
		f, decide := &s.search.Finds[i], s.one
		if f.Again {
			decide = s.shared
		}
		if err := decide(f); err != nil {
			return err
		}
	}
	s.inherited()
	s.uncovered()
	return s.edits.flush(s)
}

// uncovered reports what looks like an image and was not found.
func (s *scan) uncovered() {
	if s.opts.OnUncovered == nil {
		return
	}
	for _, f := range s.search.Uncovered() {
		text := s.tree.Text(f.Node)
		if _, err := image.Parse(text); err == nil && !s.otherType(f.Node, text) {
			found := s.image(&f, text)
			s.opts.OnUncovered(&found)
		}
	}
}

// one decides on one find.
func (s *scan) one(f *locate.Find) error {
	d := &s.tree.Nodes[f.Node]
	if d.Kind != yamltree.Scalar {
		if f.Source == locate.FromContainer || f.Source == locate.FromLocator || f.Source == locate.FromCompose {
			s.warn(d.Start, "image is %s, not a string: left alone (a template without quotes?)", d.Kind)
		}
		return nil
	}
	if f.Split || f.Before > 0 || f.Via >= 0 || !s.tree.Simple(f.Node) {
		return s.slow(f)
	}
	raw := s.tree.Raw(f.Node)
	known := s.judge.spellings[table(f)]
	p := known[string(raw)]
	if p == nil {
		if d.Style == yamltree.Plain && yamltree.OtherType(string(raw)) {
			s.untyped(f, string(raw))
			return nil
		}
		v, err := s.verdict(f, yamltree.Decode(raw, d.Style))
		if err != nil {
			return err
		}
		p = &spelling{verdict: v, edits: v.to != v.text}
		if p.edits {
			p.change = s.edits.change(string(raw), yamltree.Encode(v.to, d.Style))
		}
		known[string(raw)] = p
	}
	s.report(f, p.verdict)
	if p.edits {
		s.edits.add(d.Start, p.change)
	}
	return s.policy(f, p.verdict)
}

// slow decides on a find whose string is not simply its bytes.
func (s *scan) slow(f *locate.Find) error {
	d := &s.tree.Nodes[f.Node]
	text := s.tree.Text(f.Node)
	if s.otherType(f.Node, text) {
		s.untyped(f, text)
		return nil
	}
	before := text[:f.Before]
	text = text[f.Before:]
	if f.Split {
		if tag := s.tagText(f.Tag); tag != "" {
			text = joinTag(text, tag)
		}
	}
	v, err := s.verdict(f, text)
	if err != nil {
		return err
	}
	s.report(f, v)
	if v.to != v.text && f.Via >= 0 {
		s.warn(s.tree.Nodes[f.Via].Start, "image %q is shared through an alias: it is changed at its anchor, line %d, for all that use it",
			shown(v.text), s.position(int(d.Start)).Line)
	}
	switch {
	case f.Split:
		err = s.splitEdit(f, v, before)
	case v.to != v.text:
		err = s.scalarEdit(f.Node, before+v.to)
	}
	if err != nil {
		return err
	}
	return s.policy(f, v)
}

// shared sets the pull policy beside an image that is found for another holder too,
// and was decided on there.
func (s *scan) shared(f *locate.Find) error {
	text := s.tree.Text(f.Node)
	if s.tree.Nodes[f.Node].Kind != yamltree.Scalar || s.otherType(f.Node, text) {
		return nil
	}
	v, err := s.verdict(f, text[f.Before:])
	if err != nil {
		return err
	}
	return s.policy(f, v)
}

// verdict returns the verdict on find f, whose image is text.
func (s *scan) verdict(f *locate.Find, text string) (*verdict, error) {
	known := s.judge.verdicts[table(f)]
	if v := known[text]; v != nil {
		return v, nil
	}
	v := &verdict{text: text, to: text}
	known[text] = v
	if _, err := image.Parse(text); err != nil {
		v.fault = err.Error()
		if parse := (*image.ParseError)(nil); errors.As(err, &parse) {
			v.fault = parse.Reason
		}
		return v, nil
	}
	if s.opts.Replace == nil {
		return v, nil
	}
	found := s.image(f, text)
	to, matched, err := s.opts.Replace(&found)
	if err != nil {
		return nil, &yamltree.Fault{At: int(s.tree.Nodes[f.Node].Start), Reason: err.Error(), Err: err}
	}
	v.matched = matched
	if matched {
		v.to = to
	}
	return v, nil
}

// otherType reports whether YAML takes scalar n for something other than a string.
func (s *scan) otherType(n int32, text string) bool {
	d := &s.tree.Nodes[n]
	return d.Tagged() || d.Style == yamltree.Plain && yamltree.OtherType(text)
}

// untyped warns of a scalar that YAML takes for something other than a string. A null
// is no image, and fine.
func (s *scan) untyped(f *locate.Find, text string) {
	d := &s.tree.Nodes[f.Node]
	switch {
	case f.Maybe:
	case d.Tagged():
		s.warn(d.Start, "image %q has a tag that makes it no string to YAML: left alone", shown(text))
	case !yamltree.IsNull([]byte(text)):
		s.warn(d.Start, "image %s is not a string to YAML: left alone (write it in quotes)", shown(text))
	}
}

// report reports a find to the caller.
func (s *scan) report(f *locate.Find, v *verdict) {
	switch {
	case v.fault == "":
		if s.opts.OnImage != nil {
			found := s.image(f, v.text)
			s.opts.OnImage(&found, v.to, v.matched)
		}
	case !f.Maybe:
		s.warn(s.tree.Nodes[f.Node].Start, "image %q is not an image name: %s; left alone", shown(v.text), shown(v.fault))
	}
}
