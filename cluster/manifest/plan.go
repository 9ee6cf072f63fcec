package manifest

import (
	"errors"
	"io"
	"iter"
)

// Edit is one change: the bytes from Start to End, Old, become New.
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
	// Marked says that the input starts with a document marker (---), NewlineAtEnd
	// that its last line is ended: what a caller needs to join inputs to one stream.
	Marked, NewlineAtEnd bool
}

// Scan reads the whole of r and plans its edits. Nothing is kept of the input
// but the edits.
func Scan(r io.Reader, opts Options) (*Plan, error) { return nil, errors.ErrUnsupported }

// Changed says whether the plan edits anything.
func (p *Plan) Changed() bool { return false }

// Edits gives the edits in the order of the input.
func (p *Plan) Edits() iter.Seq[Edit] { return func(func(Edit) bool) {} }

// Copy writes r to w with the plan's edits. r must give the bytes that were
// scanned: the replaced scalars and the length are compared, and a difference
// is an error (the file was changed meanwhile).
func (p *Plan) Copy(w io.Writer, r io.Reader) error { return errors.ErrUnsupported }

// Found is what an input holds.
type Found struct {
	Images   []Image
	Objects  []Object
	Warnings []Warning
}

// Find lists what data holds. Options.Replace and the callbacks are not used.
func Find(data []byte, opts Options) (*Found, error) { return nil, errors.ErrUnsupported }

// Rewrite is data with its images replaced. Where nothing changes, data itself
// is returned.
func Rewrite(data []byte, opts Options) ([]byte, *Plan, error) {
	return nil, nil, errors.ErrUnsupported
}
