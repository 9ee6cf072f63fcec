package manifest

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// policy sets the pull policy of a find that matched.
func (s *scan) policy(f *locate.Find, v *verdict) error {
	want := s.opts.PullPolicy
	if want == PullKeep || want == "" || !v.matched || f.Holder < 0 {
		return nil
	}
	if want == PullNever && strings.IndexByte(v.to, '@') >= 0 {
		return &yamltree.Fault{At: int(s.tree.Nodes[f.Node].Start), Reason: fmt.Sprintf("pull policy Never cannot work with a digest (%s): an image that was loaded onto a node has none; use IfNotPresent", shown(v.to))}
	}
	before := len(s.edits.of)
	err := s.setPolicy(f, string(want))
	if s.tree.Aliased() {
		if s.policied == nil {
			s.policied = map[int32]bool{}
		}
		s.policied[f.Holder] = len(s.edits.of) > before
	}
	return err
}

// setPolicy sets the policy of a holder, and of no other: if it is an alias that
// alias is replaced, and if it is merged in the holder gets one of its own, unless
// its image comes from there too.
func (s *scan) setPolicy(f *locate.Find, want string) error {
	t := s.tree
	n := t.Field(f.Holder, f.Policy)
	if n < 0 {
		return s.addBeside(f.Value, f.Policy, want)
	}
	value := t.Resolve(n)
	d := &t.Nodes[value]
	switch {
	case d.Kind != yamltree.Scalar:
		return &yamltree.Fault{At: int(d.Start), Reason: f.Policy + " is not a string"}
	case t.Text(n) == want:
		return nil
	case t.Nodes[n].Parent != f.Holder && t.Nodes[f.Value].Parent == f.Holder:
		return s.addBeside(f.Value, f.Policy, want)
	case n != value:
		at, end := t.Nodes[n].Start, t.Nodes[n].End
		s.edits.add(at, s.edits.change(string(t.Buf[at:end]), want))
		return nil
	}
	return s.scalarEdit(value, want)
}

// inherited warns of the containers that get a policy only because they share it
// with one that was to get it.
func (s *scan) inherited() {
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

// addBeside adds a field after value n, as the file is written: on a line of its
// own, or after a comma in a flow mapping.
func (s *scan) addBeside(n int32, field, text string) error {
	t := s.tree
	d := &t.Nodes[n]
	key, value := field, yamltree.Encode(text, yamltree.Plain)
	if t.Buf[d.KeyStart] == '"' {
		key, value = `"`+key+`"`, yamltree.Encode(text, yamltree.Double)
	}
	at := int(d.End)
	if parent := &t.Nodes[d.Parent]; parent.Flow() {
		if bytes.IndexByte(t.Buf[parent.Start:t.Nodes[d.Parent+1].KeyStart], '{') < 0 { // it may follow an anchor
			return &yamltree.Fault{At: int(d.KeyStart), Reason: field + " cannot be added to a mapping without braces: write {image: …}"}
		}
		if !firstOnLine(t.Buf, int(d.KeyStart)) { // the line may be the whole input: it is not looked at
			s.edits.add(uint32(at), s.edits.change("", ", "+key+": "+value))
			return nil
		}
	}
	from, newline := lineBefore(t.Buf, int(d.KeyStart))
	before := t.Buf[from:d.KeyStart]
	if d.Style == yamltree.Block {
		_, at = yamltree.BlockLine(t.Buf, at)
	}
	end := at
	for end < len(t.Buf) && yamltree.BreakLen(t.Buf[end:]) == 0 {
		end++
	}
	if d.Style == yamltree.Block && end == len(t.Buf) && bytes.IndexByte(t.Raw(n), '-') < 0 {
		// A line after it would end the text's own line, and make its end part of the image.
		return &yamltree.Fault{At: int(d.Start), Reason: "no " + field + " can follow an image in a block with this header: write the image on the key's line"}
	}
	if size := yamltree.BreakLen(t.Buf[end:]); size > 0 {
		newline = string(t.Buf[end : end+size])
	}
	var add string
	if t.Nodes[d.Parent].Flow() {
		add = "," + newline + string(before) + key + ": " + value
	} else {
		at = end
		// The mapping starts where its first key does, after dashes.
		add = newline + strings.Repeat(" ", len(before)-len(bytes.TrimLeft(before, " -"))) + key + ": " + value
	}
	s.edits.add(uint32(at), s.edits.change("", add))
	return nil
}

// firstOnLine reports whether only blanks precede buf[i] on its line.
func firstOnLine(buf []byte, i int) bool {
	for i > 0 && (buf[i-1] == ' ' || buf[i-1] == '\t') {
		i--
	}
	before := buf[max(i-yamltree.MaxBreak, 0):i]
	start, _ := lineBefore(before, len(before))
	return start == len(before)
}

// lineBefore returns where the line of buf[i] starts, and the line end before it:
// a newline if there is none.
func lineBefore(buf []byte, i int) (start int, newline string) {
	for j := i - 1; j >= 0; j-- {
		if n := yamltree.BreakLen(buf[j:i]); n > 0 {
			if j > 0 && yamltree.BreakLen(buf[j-1:i]) == 2 {
				return j + n, string(buf[j-1 : j+n])
			}
			return j + n, string(buf[j : j+n])
		}
	}
	return 0, "\n"
}
