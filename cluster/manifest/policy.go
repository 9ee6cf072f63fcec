package manifest

import (
	"bytes"
	"fmt"
	"strings"
)

// PullPolicy is what becomes of imagePullPolicy beside an image that matched.
type PullPolicy string

// The policies. All but PullKeep replace the policy found, or add the field.
const (
	PullKeep         PullPolicy = "keep"
	PullIfNotPresent PullPolicy = "IfNotPresent"
	PullNever        PullPolicy = "Never"
	PullAlways       PullPolicy = "Always"
)

// ParsePullPolicy reads a policy as a user writes it. Empty is PullKeep.
func ParsePullPolicy(s string) (PullPolicy, error) {
	switch p := PullPolicy(s); p {
	case "":
		return PullKeep, nil
	case PullKeep, PullIfNotPresent, PullNever, PullAlways:
		return p, nil
	}
	return "", fmt.Errorf("pull policy %q is unknown: use keep, IfNotPresent, Never or Always", s)
}

// policyKey is the field beside a container's image.
const policyKey = "imagePullPolicy"

// policy sets the pull policy of a find that matched.
func (s *scan) policy(f *find, v *verdict) error {
	want := s.opts.PullPolicy
	if want == PullKeep || want == "" || !v.matched || f.container < 0 {
		return nil
	}
	if want == PullNever && strings.IndexByte(v.to, '@') >= 0 {
		return &fault{at: int(s.tree.nodes[f.node].start), reason: fmt.Sprintf("pull policy Never cannot work with a digest (%s): an image that was loaded onto a node has none; use IfNotPresent", v.to)}
	}
	before := len(s.edits.of)
	err := s.setPolicy(f.container, string(want))
	if s.tree.targets != nil {
		if s.policied == nil {
			s.policied = map[int32]bool{}
		}
		s.policied[f.container] = len(s.edits.of) > before
	}
	return err
}

// setPolicy sets the policy of a container, and of no other: where it is an alias
// that alias is replaced, and where it is merged in the container gets one of its
// own, unless its image comes from there too.
func (s *scan) setPolicy(container int32, want string) error {
	t := &s.tree
	image, n := t.child(container, classImage), t.child(container, classPullPolicy)
	if n < 0 {
		return s.addPolicy(image, want)
	}
	value := t.resolve(n)
	d := &t.nodes[value]
	switch {
	case d.kind != scalarNode:
		return &fault{at: int(d.start), reason: policyKey + " is not a text"}
	case t.text(n) == want:
		return nil
	case t.nodes[n].parent != container && t.nodes[image].parent == container:
		return s.addPolicy(image, want)
	case n != value:
		at, end := t.nodes[n].start, t.nodes[n].end
		s.edits.add(at, s.edits.change(string(t.buf[at:end]), want))
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
	t := &s.tree
	for n := range int32(len(t.nodes)) {
		d := &t.nodes[n]
		if d.kind != aliasNode {
			continue
		}
		at, from := d.parent, t.targets[n] // the mapping that the alias stands in, and what it stands for
		if d.class == classPullPolicy {
			from = t.nodes[from].parent
		} else {
			if at >= 0 && t.nodes[at].kind == seqNode && t.nodes[at].class == classMerge {
				at = t.nodes[at].parent
			} else if d.class != classMerge {
				continue
			}
			if t.own(at, classPullPolicy) >= 0 || t.child(at, classImage) < 0 {
				continue
			}
		}
		if _, own := s.policied[at]; s.policied[from] && !own {
			s.warn(d.start, "%s changes here too: it is shared with the container in line %d; write it out if that is not meant",
				policyKey, s.position(int(t.nodes[from].start)).Line)
		}
	}
}

// addPolicy adds the field behind key image, as the file is written: on a line of
// its own, or behind a comma in a flow mapping.
func (s *scan) addPolicy(image int32, want string) error {
	t := &s.tree
	d := &t.nodes[image]
	key, value := policyKey, want
	if t.buf[d.keyStart] == '"' {
		key, value = `"`+key+`"`, `"`+want+`"`
	}
	at := int(d.end)
	if parent := &t.nodes[d.parent]; parent.flow {
		if bytes.IndexByte(t.buf[parent.start:t.nodes[d.parent+1].keyStart], '{') < 0 { // which may stand behind an anchor
			return &fault{at: int(d.keyStart), reason: policyKey + " cannot be added to a mapping without braces: write {image: …}"}
		}
		if !firstOnLine(t.buf, int(d.keyStart)) { // the line may be the whole input: it is not looked at
			s.edits.add(uint32(at), s.edits.change("", ", "+key+": "+value))
			return nil
		}
	}
	from, newline := lineBefore(t.buf, int(d.keyStart))
	before := t.buf[from:d.keyStart]
	if d.style == blockStyle {
		_, at = blockLine(t.buf, at)
	}
	end := at
	for end < len(t.buf) && breakLen(t.buf[end:]) == 0 {
		end++
	}
	if d.style == blockStyle && end == len(t.buf) && bytes.IndexByte(t.raw(image), '-') < 0 {
		// A line behind it would end the text's own, and make that part of the image.
		return &fault{at: int(d.start), reason: "no " + policyKey + " can follow an image in a block with this header: write the image on the key's line"}
	}
	if n := breakLen(t.buf[end:]); n > 0 {
		newline = string(t.buf[end : end+n])
	}
	var add string
	if t.nodes[d.parent].flow {
		add = "," + newline + string(before) + key + ": " + value
	} else {
		at = end
		// The mapping starts where its first key does, behind dashes.
		add = newline + strings.Repeat(" ", len(before)-len(bytes.TrimLeft(before, " -"))) + key + ": " + value
	}
	s.edits.add(uint32(at), s.edits.change("", add))
	return nil
}

// firstOnLine says that only blanks stand before buf[i] on its line.
func firstOnLine(buf []byte, i int) bool {
	for i > 0 && (buf[i-1] == ' ' || buf[i-1] == '\t') {
		i--
	}
	before := buf[max(i-maxBreak, 0):i]
	start, _ := lineBefore(before, len(before))
	return start == len(before)
}

// lineBefore is where the line that buf[i] stands in starts, and the line end
// before it: a newline where there is none.
func lineBefore(buf []byte, i int) (start int, newline string) {
	for j := i - 1; j >= 0; j-- {
		if n := breakLen(buf[j:i]); n > 0 {
			if j > 0 && breakLen(buf[j-1:i]) == 2 {
				return j + n, string(buf[j-1 : j+n])
			}
			return j + n, string(buf[j : j+n])
		}
	}
	return 0, "\n"
}
