package manifest

import (
	"errors"
	"fmt"

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

// table is where the verdict on a match is remembered: a caller may decide otherwise in
// env values, and what need not be an image is reported otherwise.
func table(m *locate.Match) int {
	switch {
	case m.Source == locate.FromEnv:
		return 1
	case m.Maybe:
		return 2
	}
	return 0
}

// decide turns the matches in the tree at hand into edits.
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
			if err := s.addToIndex(&s.search.Objects[i]); err != nil {
				return err
			}
		}
	}
	if s.opts.Namespace != "" {
		for i := range s.search.Objects {
			if err := s.edits.namespace(&s.search.Objects[i], s.opts.Namespace); err != nil {
				return err
			}
		}
	}
	clear(s.policied)
	for i := range s.search.Matches {
		m, decide := &s.search.Matches[i], s.decideMatch
		if m.Again {
			decide = s.decideShared
		}
		if err := decide(m); err != nil {
			return err
		}
	}
	s.warnOfInherited()
	s.warnOfAliases()
	s.reportUncovered()
	return s.edits.flush(s.plan, s.stream.base)
}

// addToIndex adds an object to the caller's index.
func (s *scan) addToIndex(o *locate.Object) error {
	key, ok := s.opts.Index.appendKey(s.key[:0], s.tree, o)
	if s.key = key; !ok {
		return nil
	}
	at := int(s.tree.Nodes[o.Node].Start)
	first, known := s.opts.Index.add(key, s.position(at))
	if !known || s.opts.OnDuplicate == nil {
		return nil
	}
	if err := s.opts.OnDuplicate(s.object(o), first); err != nil {
		return &yamltree.Fault{At: at, Reason: err.Error(), Err: err}
	}
	return nil
}

// reportUncovered reports what looks like an image and was not found.
func (s *scan) reportUncovered() {
	if s.opts.OnUncovered == nil {
		return
	}
	for _, m := range s.search.Uncovered() {
		text := s.tree.Text(m.Node)
		if _, err := image.Parse(text); err == nil && !s.otherType(m.Node, text) {
			found := s.image(&m, text)
			s.opts.OnUncovered(&found)
		}
	}
}

// decideMatch decides on one match.
func (s *scan) decideMatch(m *locate.Match) error {
	d := &s.tree.Nodes[m.Node]
	if d.Kind != yamltree.Scalar {
		if m.Source == locate.FromContainer || m.Source == locate.FromLocator || m.Source == locate.FromCompose {
			return s.reportUnusable(m, fmt.Sprintf("image is %s, not a string", d.Kind), ": left alone (a template without quotes?)")
		}
		return nil
	}
	if err := s.refuseDisputed(m); err != nil {
		return err
	}
	if m.Split || m.Before > 0 || m.Via >= 0 || !s.tree.Simple(m.Node) {
		return s.decideDecoded(m)
	}
	raw := s.tree.Raw(m.Node)
	known := s.judge.spellings[table(m)]
	p := known[string(raw)]
	if p == nil {
		if d.Style == yamltree.Plain && yamltree.OtherType(string(raw)) {
			return s.reportUntyped(m, string(raw))
		}
		v, err := s.verdict(m, yamltree.Decode(raw, d.Style))
		if err != nil {
			return err
		}
		p = &spelling{verdict: v, edits: v.to != v.text}
		if p.edits {
			p.change = s.edits.change(string(raw), yamltree.Encode(v.to, d.Style))
		}
		known[string(raw)] = p
	}
	if err := s.report(m, p.verdict); err != nil {
		return err
	}
	if p.edits {
		s.edits.add(d.Start, p.change)
		s.edits.note(m.Node)
	}
	return s.policy(m, p.verdict)
}

// warnOfAliases warns of the aliases that change with an image and are no images.
func (s *scan) warnOfAliases() {
	if len(s.edits.changed) == 0 {
		return
	}
	for n := range int32(len(s.tree.Nodes)) {
		d := &s.tree.Nodes[n]
		if d.Kind != yamltree.Alias || s.search.IsImage(n) {
			continue
		}
		if from := s.tree.Resolve(n); s.edits.changed[from] {
			s.warn(d.Start, "this changes too: it is an alias of the image in line %d; write it out if that is not meant",
				s.position(int(s.tree.Nodes[from].Start)).Line)
		}
	}
}

// refuseDisputed fails if a merge key behind an image brings another, and one of the
// two would change. By the specification of merge keys the image counts, and to
// kubectl and helm whatever comes last.
func (s *scan) refuseDisputed(m *locate.Match) error {
	rival := s.tree.Rival(m.Value)
	if rival < 0 || m.Source == locate.FromCompose { // docker keeps to the specification
		return nil
	}
	changes := m.Split
	for _, n := range []int32{m.Node, rival} {
		if text := s.tree.Text(n); !changes && len(text) > int(m.Before) {
			v, err := s.verdict(m, text[m.Before:])
			if err != nil {
				return err
			}
			changes = v.to != v.text
		}
	}
	if !changes {
		return nil
	}
	return &yamltree.Fault{At: int(s.tree.Nodes[m.Value].Start), Reason: fmt.Sprintf("a merge key (<<) behind this image brings %q, which counts to kubectl and not to others: write the merge key first", shown(s.tree.Text(rival)))}
}

// decideDecoded decides on a match whose string is not simply its bytes.
func (s *scan) decideDecoded(m *locate.Match) error {
	d := &s.tree.Nodes[m.Node]
	text := s.tree.Text(m.Node)
	if s.otherType(m.Node, text) {
		return s.reportUntyped(m, text)
	}
	before := text[:m.Before]
	text = text[m.Before:]
	if m.Split {
		if tag := textOf(s.tree, m.Tag); tag != "" && text != "" {
			text = joinTag(text, tag)
		}
	}
	v, err := s.verdict(m, text)
	if err != nil {
		return err
	}
	if err := s.report(m, v); err != nil {
		return err
	}
	if v.to != v.text && m.Via >= 0 {
		s.warn(s.tree.Nodes[m.Via].Start, "image %q is shared through an alias: it is changed at its anchor, line %d, for all that use it",
			shown(v.text), s.position(int(d.Start)).Line)
	}
	switch {
	case m.Split:
		err = s.edits.split(m, v, before)
	case v.to != v.text:
		s.edits.note(m.Node)
		err = s.edits.scalar(m.Node, before+v.to)
	}
	if err != nil {
		return err
	}
	return s.policy(m, v)
}

// decideShared sets the pull policy beside an image that is found for another holder
// too, and was decided on there.
func (s *scan) decideShared(m *locate.Match) error {
	text := s.tree.Text(m.Node)
	if s.tree.Nodes[m.Node].Kind != yamltree.Scalar || s.otherType(m.Node, text) {
		return nil
	}
	v, err := s.verdict(m, text[m.Before:])
	if err != nil {
		return err
	}
	return s.policy(m, v)
}

// verdict returns the verdict on match m, whose image is text.
func (s *scan) verdict(m *locate.Match, text string) (*verdict, error) {
	known := s.judge.verdicts[table(m)]
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
	found := s.image(m, text)
	to, matched, err := s.opts.Replace(&found)
	if err != nil {
		return nil, &yamltree.Fault{At: int(s.tree.Nodes[m.Node].Start), Reason: err.Error(), Err: err}
	}
	v.matched = matched
	if !matched {
		return v, nil
	}
	if to == "" {
		return nil, &yamltree.Fault{At: int(s.tree.Nodes[m.Node].Start), Reason: fmt.Sprintf("Options.Replace returned no name for image %q, which it matched", shown(text))}
	}
	v.to = to
	return v, nil
}

// otherType reports whether YAML takes scalar n for something other than a string.
func (s *scan) otherType(n int32, text string) bool {
	d := &s.tree.Nodes[n]
	return d.Tagged() || d.Style == yamltree.Plain && yamltree.OtherType(text)
}

// reportUntyped is reportUnusable for a scalar that YAML takes for something other than
// a string. A null is no image, and fine.
func (s *scan) reportUntyped(m *locate.Match, text string) error {
	switch {
	case m.Maybe:
	case s.tree.Nodes[m.Node].Tagged():
		return s.reportUnusable(m, fmt.Sprintf("image %q has a tag that makes it no string to YAML", shown(text)), ": left alone")
	case !yamltree.IsNull([]byte(text)):
		return s.reportUnusable(m, fmt.Sprintf("image %s is not a string to YAML", shown(text)), ": left alone (write it in quotes)")
	}
	return nil
}

// report reports a match to the caller.
func (s *scan) report(m *locate.Match, v *verdict) error {
	switch {
	case v.fault == "":
		if s.opts.OnImage != nil {
			found := s.image(m, v.text)
			s.opts.OnImage(&found, v.to, v.matched)
		}
	case v.text == "" && m.Source == locate.FromKnown: // the operator's own image
	case !m.Maybe:
		return s.reportUnusable(m, fmt.Sprintf("image %q is not an image name: %s", shown(v.text), shown(v.fault)), "; left alone")
	}
	return nil
}

// reportUnusable warns of a match that is no image name, with the reason and what
// becomes of it, or fails with the reason if the caller wants the fields of locators
// to be images.
func (s *scan) reportUnusable(m *locate.Match, reason, outcome string) error {
	at := s.tree.Nodes[m.Node].Start
	if s.opts.StrictLocators && m.Source == locate.FromLocator {
		return &yamltree.Fault{At: int(at), Reason: reason}
	}
	s.warn(at, "%s%s", reason, outcome)
	return nil
}
