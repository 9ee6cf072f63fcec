package manifest

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
)

// Edit is one change: the bytes from Start to End, which are Old, become New.
type Edit struct {
	Start, End int64
	Old, New   string
}

// Plan is what a scan decided: the edits of one input, and facts about it.
type Plan struct {
	// Warnings are in the order of the input.
	Warnings []Warning
	// Size is the input's length in bytes.
	Size int64
	// Marked reports whether the input starts with a document marker (---), Directives
	// whether its first document has some (%YAML, %TAG), NewlineAtEnd whether its last
	// line is ended, BOM whether a byte order mark comes first: what a caller needs to
	// join inputs to one stream, in which a document ends by ... before directives,
	// and only the first bytes may be such a mark.
	Marked, Directives, NewlineAtEnd, BOM bool
	// Parsed is the size of the documents that the fast scanner left to the YAML
	// parser.
	Parsed int64

	file    string
	edits   []edit
	changes []change
}

// edit is an Edit in 16 bytes, since a large input has many and few distinct ones.
type edit struct {
	at     int64
	change uint32
}

type change struct{ old, new string }

// WithoutBOM returns the plan extended to remove the input's byte order mark.
func (p *Plan) WithoutBOM() *Plan {
	if !p.BOM {
		return p
	}
	without := *p
	without.changes = append(slices.Clip(p.changes), change{old: byteOrderMark})
	without.edits = slices.Concat([]edit{{change: uint32(len(p.changes))}}, p.edits)
	return &without
}

// Changed reports whether the plan edits anything.
func (p *Plan) Changed() bool { return len(p.edits) > 0 }

// Edits returns the edits in the order of the input. They do not overlap.
func (p *Plan) Edits() iter.Seq[Edit] {
	return func(yield func(Edit) bool) {
		for _, e := range p.edits {
			c := p.changes[e.change]
			if !yield(Edit{e.at, e.at + int64(len(c.old)), c.old, c.new}) {
				return
			}
		}
	}
}

// copyBuffer is how much Copy reads at a time. What it writes may be longer.
const copyBuffer = 128 << 10

// ErrChanged reports that the bytes to copy are not those that were scanned.
var ErrChanged = errors.New("it was changed while it was being read: run again")

// Copy writes r to w with the plan's edits. r must return the bytes that were
// scanned: the replaced scalars and the length are compared, and the error of a
// difference wraps [ErrChanged]. What was written until then is to be discarded.
func (p *Plan) Copy(w io.Writer, r io.Reader) error {
	size := int(min(copyBuffer, p.Size+1)) // one more, to read to the end at once
	c := copier{p: p, w: w, in: make([]byte, 0, size), out: make([]byte, 0, size*9/8), edits: p.edits}
	for {
		n, err := io.ReadFull(r, c.in[len(c.in):cap(c.in)])
		c.in = c.in[:len(c.in)+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return fmt.Errorf("%s: %w", p.name(), err)
		}
		if err := c.splice(last); err != nil {
			return err
		}
		if last {
			if c.at != p.Size || len(c.edits) > 0 {
				return fmt.Errorf("%s: %w", p.name(), ErrChanged)
			}
			return nil
		}
	}
}

func (p *Plan) name() string {
	if p.file == "" {
		return "the input"
	}
	return p.file
}

// copier is the second pass over an input.
type copier struct {
	p     *Plan
	w     io.Writer
	in    []byte // read and not yet written
	out   []byte
	at    int64 // the offset of in
	edits []edit
}

// splice writes what it has read with its edits. An edit that reaches beyond it
// waits for more, unless this was the last.
func (c *copier) splice(last bool) error {
	done, end := 0, c.at+int64(len(c.in))
	for len(c.edits) > 0 {
		e := c.edits[0]
		change := &c.p.changes[e.change]
		if e.at+int64(len(change.old)) > end || e.at == end && !last {
			break
		}
		from := int(e.at - c.at)
		to := from + len(change.old)
		if string(c.in[from:to]) != change.old {
			return fmt.Errorf("%s: %w", c.p.name(), ErrChanged)
		}
		c.out = append(append(c.out, c.in[done:from]...), change.new...)
		done = to
		c.edits = c.edits[1:]
	}
	// Text before the next edit can go; the edit's own bytes stay.
	keep := len(c.in)
	if len(c.edits) > 0 {
		keep = min(keep, int(min(c.edits[0].at-c.at, int64(keep))))
	}
	out := c.in[done:keep] // if nothing changes it need not be copied
	if len(c.out) > 0 {
		c.out = append(c.out, out...)
		out = c.out
	}
	if _, err := c.w.Write(out); err != nil {
		return err
	}
	c.out = c.out[:0]
	c.at += int64(keep)
	rest := copy(c.in[:cap(c.in)], c.in[keep:])
	c.in = c.in[:rest]
	if rest == cap(c.in) { // an edit longer than the buffer
		c.in = append(make([]byte, 0, 2*cap(c.in)), c.in...)
	}
	return nil
}
