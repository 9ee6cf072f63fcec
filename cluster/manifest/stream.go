package manifest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// readBuffer is how much a scan reads at a time, but for the first time: a script may
// have thousands of manifests, and most are small. A larger document grows the buffer,
// to grownBuffer at once: memory that is not touched costs nothing, and copying does.
const (
	firstBuffer = 4 << 10
	readBuffer  = 256 << 10
	grownBuffer = 2 << 20
)

// stream cuts a reader's bytes into regions: runs of whole documents.
type stream struct {
	r        io.Reader
	buf      []byte // what was read and not consumed; slack follows
	base     int64  // the offset of buf
	searched int    // no document starts in buf before this, except at 0
	least    int    // a region has to be longer than this
	last     bool   // the reader is at its end
}

var errTooLarge = errors.New("a document over 2 GiB cannot be read")

// next returns the next region. The last one reaches the end of the input. Asked
// again without consume, it returns a longer one.
func (s *stream) next() (region []byte, err error) {
	for {
		if err := s.fill(); err != nil {
			return nil, err
		}
		if s.last {
			return s.buf, nil
		}
		if cut := s.cut(); cut > s.least {
			s.least = cut
			return s.buf[:cut], nil
		}
		if len(s.buf) > math.MaxInt32/2 {
			return nil, errTooLarge
		}
	}
}

// fill reads on, by as much however large the buffer is.
func (s *stream) fill() error {
	size := firstBuffer
	if s.buf != nil {
		size = max(readBuffer, len(s.buf)+readBuffer/2)
	}
	if size > cap(s.buf)-yamltree.Slack {
		room := size
		if cap(s.buf) >= readBuffer {
			room = max(size, 2*cap(s.buf), grownBuffer)
		}
		s.buf = append(make([]byte, 0, room+yamltree.Slack), s.buf...)
	}
	for !s.last && len(s.buf) < size {
		n, err := s.r.Read(s.buf[len(s.buf):size])
		s.buf = s.buf[:len(s.buf)+n]
		if errors.Is(err, io.EOF) {
			s.last = true
		} else if err != nil {
			return err
		}
	}
	s.pad()
	return nil
}

// pad writes the slack after the input, which is loaded and never content.
func (s *stream) pad() {
	for i := range yamltree.Slack {
		s.buf[:cap(s.buf)][len(s.buf)+i] = '\n'
	}
}

// cut returns where the last document of the buffer starts, or 0. A marker at the
// very end does not count, since the next byte decides whether it is one.
func (s *stream) cut() int {
	from, end := max(s.searched-len(separator), 0), len(s.buf)-1
	for {
		i := lastSeparator(s.buf[from:max(end, from)])
		if i < 0 {
			s.searched = len(s.buf)
			return 0
		}
		if at := from + i + 1; yamltree.IsStart(s.buf[at : at+4]) {
			return at
		}
		end = from + i
	}
}

// separator starts a document, and ends the line before it.
const separator = "\n---"

// lastSeparator returns where the last separator of b starts, or -1. It goes back two
// words of eight bytes at a time: wherever three dashes are, two of them are one of the
// four pairs of bytes that a word has, and few words have such a pair. bytes.LastIndex
// looks at every byte.
func lastSeparator(b []byte) int {
	end := len(b)
	for ; end >= 16; end -= 16 {
		words := b[end-16 : end]
		if dashes(binary.LittleEndian.Uint64(words))|dashes(binary.LittleEndian.Uint64(words[8:])) == 0 {
			continue
		}
		from := max(end-18, 0)
		if i := bytes.LastIndex(b[from:min(end+1, len(b))], []byte(separator)); i >= 0 {
			return from + i
		}
	}
	return bytes.LastIndex(b[:min(end+3, len(b))], []byte(separator))
}

// dashes marks the pairs of bytes of w that are two dashes, by their highest bit.
func dashes(w uint64) uint64 {
	const ones, highs = 0x0001000100010001, 0x8000800080008000
	w ^= 0x2d2d2d2d2d2d2d2d // dashes
	return (w - ones) &^ w & highs
}

// consume forgets the first n bytes.
func (s *stream) consume(n int) {
	rest := copy(s.buf, s.buf[n:])
	s.buf = s.buf[:rest]
	s.base += int64(n)
	s.searched, s.least = 0, 0
	s.pad()
}
