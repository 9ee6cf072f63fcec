package manifest

import (
	"errors"

	"github.com/sextant-dev/sextant/cluster/image"
)

// verdict is what becomes of an image text.
type verdict struct {
	text    string
	fault   string // why it is no image name; empty for one that is
	to      string
	matched bool
}

// spelling is a verdict for a scalar as it is written, so that most images need
// one look-up and no decoding.
type spelling struct {
	*verdict
	change uint32 // where the text changes
	edits  bool
}

// texts remembers the verdicts. A manifest's images are few and repeat.
type texts struct {
	verdicts  [2]map[string]*verdict  // by text; [1]: of env values and arguments
	spellings [2]map[string]*spelling // by a scalar's bytes
}

func (t *texts) init() {
	for i := range t.verdicts {
		t.verdicts[i], t.spellings[i] = map[string]*verdict{}, map[string]*spelling{}
	}
}

// table is 0, or 1 for texts that need not be images.
func (s Source) table() int {
	if s == FromEnv {
		return 1
	}
	return 0
}

// judge gives the verdict on the image of find f, whose text is given.
func (s *scan) judge(f *find, text string) (*verdict, error) {
	table := s.texts.verdicts[f.source.table()]
	if v := table[text]; v != nil {
		return v, nil
	}
	v := &verdict{text: text, to: text}
	table[text] = v
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
		return nil, &fault{at: int(s.tree.nodes[f.node].start), reason: err.Error(), err: err}
	}
	v.matched = matched
	if matched {
		v.to = to
	}
	return v, nil
}

// image makes the Image of a find.
func (s *scan) image(f *find, text string) Image {
	d := &s.tree.nodes[f.node]
	top, object := int32(0), Object{}
	if o := s.search.owner(f.node); o != nil {
		top, object = o.node, s.object(o)
	}
	return Image{
		Text: text, Start: s.stream.base + int64(d.start), End: s.stream.base + int64(d.end),
		Position: s.position(int(d.start)), Path: s.tree.path(top, f.node), Source: f.source, Object: object,
	}
}

func (s *scan) object(o *object) Object {
	out := o.export(&s.tree)
	out.Position = s.position(int(s.tree.nodes[o.node].start))
	return out
}
