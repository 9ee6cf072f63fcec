package manifest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// edits collects the edits of a document, and hands them to the plan in order.
type edits struct {
	tree    *yamltree.Tree
	of      []edit            // offsets are the region's until flush
	changes []change          // the distinct ones of the whole input
	numbers map[change]uint32 // their places in changes
	// settled are the scalars of split images in the tree at hand, and what they become.
	settled map[int32]string
	// changed are the scalars of the tree at hand that change, if it has aliases.
	changed map[int32]bool
}

// change returns the number of a change.
func (e *edits) change(old, new string) uint32 {
	c := change{old, new}
	n, ok := e.numbers[c]
	if !ok {
		if e.numbers == nil {
			e.numbers = map[change]uint32{}
		}
		n = uint32(len(e.changes))
		e.numbers[c] = n
		e.changes = append(e.changes, c)
	}
	return n
}

func (e *edits) add(at, change uint32) { e.of = append(e.of, edit{int64(at), change}) }

// note notes that scalar n of an image changes.
func (e *edits) note(n int32) {
	if !e.tree.Aliased() {
		return
	}
	if e.changed == nil {
		e.changed = map[int32]bool{}
	}
	e.changed[n] = true
}

// flush ends the tree at hand: it moves the edits of a region that starts at base to the
// plan. The same edit twice is one: a scalar may be reached on two ways. Two different
// edits of the same bytes are an error.
func (e *edits) flush(p *Plan, base int64) error {
	if !slices.IsSortedFunc(e.of, compareEdits) {
		slices.SortStableFunc(e.of, compareEdits)
	}
	if cap(p.edits)-len(p.edits) < len(e.of) {
		p.edits = slices.Grow(p.edits, max(len(p.edits), len(e.of))) // doubled: append would copy more often
	}
	end := int64(-1)
	for i, one := range e.of {
		if i > 0 && one == e.of[i-1] {
			continue
		}
		if one.at < end {
			return &yamltree.Fault{At: int(one.at), Reason: "two rules change this string in different ways"}
		}
		end = one.at + int64(max(len(e.changes[one.change].old), 1))
		p.edits = append(p.edits, edit{one.at + base, one.change})
	}
	e.of = e.of[:0]
	clear(e.settled)
	clear(e.changed)
	p.changes = e.changes
	return nil
}

func compareEdits(a, b edit) int { return cmp.Compare(a.at, b.at) }

// scalar replaces the value of scalar n, in its own style.
func (e *edits) scalar(n int32, to string) error {
	t := e.tree
	d := &t.Nodes[n]
	start, end := int(d.Start), int(d.End)
	if start == end {
		return e.null(start, yamltree.Encode(to, yamltree.Plain))
	}
	if d.Style == yamltree.Block {
		start, end = yamltree.BlockLine(t.Buf, end)
		if string(t.Buf[start:end]) != t.Text(n) {
			return &yamltree.Fault{At: int(d.Start), Reason: "an image in a block with this header cannot be changed: write it on the key's line"}
		}
	}
	e.add(uint32(start), e.change(string(t.Buf[start:end]), yamltree.Encode(to, d.Style)))
	return nil
}

// namespace writes a namespace into an object that has none: beside its name, or the
// first field of its metadata if the server names it.
func (e *edits) namespace(o *locate.Object, namespace string) error {
	t := e.tree
	if o.Namespace >= 0 {
		if textOf(t, t.Resolve(o.Namespace)) != "" {
			return nil
		}
		return e.scalar(t.Resolve(o.Namespace), namespace)
	}
	beside := o.Name
	if metadata := t.Field(o.Node, "metadata"); beside < 0 && metadata >= 0 && t.Nodes[t.Resolve(metadata)].Kind == yamltree.Mapping {
		if fields := t.Children(t.Resolve(metadata)); len(fields) > 0 && t.Nodes[fields[0]].Kind == yamltree.Scalar {
			beside = fields[0]
		}
	}
	if beside < 0 {
		return &yamltree.Fault{At: int(t.Nodes[o.Node].Start), Reason: "the object has no name that a namespace can be written beside"}
	}
	return e.beside(beside, "namespace", namespace)
}

// beside adds a field after value n, as the file is written: on a line of its
// own, or after a comma in a flow mapping.
func (e *edits) beside(n int32, field, text string) error {
	t := e.tree
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
			e.add(uint32(at), e.change("", ", "+key+": "+value))
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
	e.add(uint32(at), e.change("", add))
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

// null writes a value for a key that has none, at the offset behind its colon.
func (e *edits) null(at int, to string) error {
	buf := e.tree.Buf
	rest, _ := yamltree.FirstLine(buf[at:])
	rest = bytes.TrimLeft(rest, " ")
	if at == 0 || buf[at-1] != ':' || len(rest) > 0 && bytes.IndexByte([]byte("#,}"), rest[0]) < 0 {
		return &yamltree.Fault{At: at, Reason: "an empty value with a tag or an anchor cannot be changed: write the value"}
	}
	e.add(uint32(at), e.change("", " "+to))
	return nil
}

// textOf returns the string in scalar n; empty if there is none, or a null.
func textOf(t *yamltree.Tree, n int32) string {
	if n < 0 {
		return ""
	}
	text := t.Text(n)
	if t.Nodes[n].Style == yamltree.Plain && yamltree.IsNull([]byte(text)) {
		return ""
	}
	return text
}

// joinTag is the image of two fields. A consumer joins them with a colon, or with an
// at sign if the second is a whole digest.
func joinTag(repo, tag string) string {
	if isDigest(tag) {
		return repo + "@" + tag
	}
	return repo + ":" + tag
}

func isDigest(tag string) bool { return strings.HasPrefix(tag, "sha256:") }

// cutTag is the reverse of joinTag. Any image can be cut at its last colon, that of a
// digest too.
func cutTag(image string, digest bool) (repo, tag string) {
	if i := strings.LastIndexByte(image, '@'); i >= 0 && digest {
		return image[:i], image[i+1:]
	}
	if i := strings.LastIndexByte(image, ':'); i > strings.LastIndexByte(image, '/') {
		return image[:i], image[i+1:]
	}
	return image, ""
}

// split writes an image to two fields.
func (e *edits) split(m *locate.Match, v *verdict, before string) error {
	oldRepo, oldTag := e.tree.Text(m.Node), textOf(e.tree, m.Tag)
	repo, tag := oldRepo, oldTag
	if v.to != v.text {
		repo, tag = cutTag(v.to, isDigest(oldTag))
		repo = before + repo
	}
	if err := e.settle(m, m.Node, oldRepo, repo); err != nil {
		return err
	}
	switch {
	case tag != oldTag && m.Stronger != "":
		return &yamltree.Fault{At: int(e.tree.Nodes[m.Node].Start), Reason: fmt.Sprintf("image %s has another tag, and the field %q counts in place of the tag: remove it", shown(v.to), m.Stronger)}
	case m.Tag < 0 && tag == "":
		return nil
	case m.Tag < 0 && m.TagField == "":
		return &yamltree.Fault{At: int(e.tree.Nodes[m.Node].Start), Reason: "image " + shown(v.to) + " has a tag, and the field of its tag is missing: add one"}
	case m.Tag < 0:
		return e.beside(m.Value, m.TagField, tag)
	case tag != oldTag && e.tree.Nodes[m.Tag].Kind != yamltree.Scalar:
		return &yamltree.Fault{At: int(e.tree.Nodes[m.Tag].Start), Reason: "the tag beside an image's repository is not a string"}
	}
	return e.settle(m, m.Tag, oldTag, tag)
}

// settle makes a scalar of a split image what it has to be. Images that share it
// through an alias must agree, also those that stay as they are.
func (e *edits) settle(m *locate.Match, n int32, from, to string) error {
	if e.settled == nil {
		e.settled = map[int32]string{}
	}
	if other, ok := e.settled[n]; ok {
		if other == to {
			return nil
		}
		return &yamltree.Fault{
			At: int(e.tree.Nodes[max(m.Via, n)].Start),
			Reason: fmt.Sprintf("images share %q through an alias, and it would become %q for one and %q for another: write it out for each",
				shown(from), shown(other), shown(to)),
		}
	}
	e.settled[n] = to
	if from == to {
		return nil
	}
	e.note(n)
	return e.scalar(n, to)
}
