package procgroup

import (
	"bytes"
	"errors"
	"io"
)

// Output keeps what a command prints, up to Max bytes, and fails on more. That
// ends the copying from the command, and with that the command. It embeds no
// buffer: io.Copy would find its ReadFrom, which knows no limit.
type Output struct {
	Max  int
	kept bytes.Buffer
	full bool
}

func (o *Output) Write(p []byte) (int, error) {
	if o.kept.Len()+len(p) > o.Max {
		o.full = true
		return 0, errors.New("too much output")
	}
	return o.kept.Write(p)
}

// Bytes returns what was written, without a write that would have exceeded Max.
func (o *Output) Bytes() []byte { return o.kept.Bytes() }

// Exceeded reports whether more than Max bytes were written.
func (o *Output) Exceeded() bool { return o.full }

// Head keeps the first Max bytes of what a command prints, and passes all of it
// on.
type Head struct {
	Max  int
	Next io.Writer
	kept bytes.Buffer
}

func (h *Head) Write(p []byte) (int, error) {
	h.kept.Write(p[:min(len(p), h.Max-h.kept.Len())])
	return h.Next.Write(p)
}

// Bytes returns the first Max bytes written.
func (h *Head) Bytes() []byte { return h.kept.Bytes() }
