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
	t := &s.tree
	if n := t.child(f.container, classPullPolicy); n >= 0 {
		n = t.resolve(n)
		d := &t.nodes[n]
		if d.kind != scalarNode {
			return &fault{at: int(d.start), reason: policyKey + " is not a text"}
		}
		switch {
		case t.text(n) == string(want):
		default:
			return s.scalarEdit(n, string(want))
		}
		return nil
	}
	return s.addPolicy(t.child(f.container, classImage), string(want))
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
		if t.buf[parent.start] != '{' {
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
