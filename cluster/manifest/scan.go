package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// scan is one reading of one input.
type scan struct {
	opts   Options
	plan   *Plan
	stream stream
	lines  lines
	tree   tree
	fast   fastScanner
	full   fullScanner
	search search
	texts  texts
	// Of the tree at hand: the texts that the scalars of split images get, and the
	// containers whose pull policy is to be set: true where that changes something.
	settled  map[int32]string
	policied map[int32]bool
	edits    edits
	line     int    // the number of lines before the region at hand
	latest   column // of the latest position
	key      []byte // an object's identity, used again
}

// Scan reads the whole of r and plans its edits. It keeps nothing of the input
// but the edits. An error is an *Error, or what r returned.
func Scan(r io.Reader, opts Options) (*Plan, error) {
	s := newScan(r, opts)
	if err := s.run(); err != nil {
		return nil, err
	}
	return s.plan, nil
}

func newScan(r io.Reader, opts Options) *scan {
	s := &scan{opts: opts, plan: &Plan{file: opts.File}}
	s.stream.r = r
	s.texts.init()
	s.fast.lines, s.fast.tree, s.full.tree = &s.lines, &s.tree, &s.tree
	s.search.opts = &s.opts
	return s
}

func (s *scan) run() error {
	for first := true; ; first = false {
		region, err := s.stream.next()
		if err != nil {
			return s.readError(err)
		}
		if first {
			if err := s.start(region); err != nil {
				return err
			}
			region = s.stream.buf[:len(region)-int(s.stream.base)]
		}
		last := s.stream.last && len(region) == len(s.stream.buf)
		if last {
			s.plan.Size = s.stream.base + int64(len(region))
			s.plan.NewlineAtEnd = bytes.HasSuffix(region, []byte("\n"))
		}
		done, err := s.region(region, last)
		if err != nil {
			return err
		}
		if last {
			return nil
		}
		s.line += sort.Search(len(s.lines.ends), func(i int) bool { return int(s.lines.ends[i]) >= done })
		if done > 0 {
			s.stream.consume(done)
			s.latest = column{}
		}
	}
}

// byteOrderMark may start a file in UTF-8. It says nothing there.
const byteOrderMark = "\ufeff"

// start looks at the first bytes of the input, and passes a UTF-8 mark.
func (s *scan) start(text []byte) error {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return s.utf16()
		}
	}
	if len(text) > 1 && (text[0] == 0) != (text[1] == 0) {
		return s.utf16()
	}
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		s.plan.BOM = true
		s.stream.consume(len(byteOrderMark))
		text = text[:len(text)-len(byteOrderMark)]
	}
	line, _ := firstLine(text)
	s.plan.Marked = marker(line) == startMarker
	for len(text) > 0 && (len(line) == 0 || line[0] == '#') {
		text = afterLine(text, 0)
		line, _ = firstLine(text)
	}
	s.plan.Directives = marker(line) == directive
	return nil
}

func (s *scan) utf16() error {
	return &Error{Position: Position{File: s.opts.File, Line: 1, Column: 1}, Reason: "UTF-16 or UTF-32, not UTF-8: save the file as UTF-8"}
}

func (s *scan) readError(err error) error {
	if s.opts.File == "" {
		return err
	}
	return fmt.Errorf("%s: %w", s.opts.File, err)
}

// region scans a run of whole documents. It returns how much of it is done with:
// less than all where what is left has to be read together with what follows.
func (s *scan) region(text []byte, last bool) (int, error) {
	s.tree.reset(text)
	s.fast.begin(text)
	for line := 0; ; {
		start := s.lineStart(line)
		if start == len(text) {
			return len(text), nil
		}
		s.tree.reset(text)
		next, ok := s.fast.scan(line)
		if !ok {
			var whole bool
			if next, whole = s.document(line); !whole && !last {
				return start, nil
			}
			s.tree.reset(text)
			if err := s.full.scan(start, s.lineStart(next)); err != nil {
				return 0, s.wrap(err)
			}
			s.fast.seek(uint32(s.lineStart(next)))
		}
		if len(s.tree.nodes) > 0 {
			s.search.run(&s.tree)
			if err := s.decide(); err != nil {
				return 0, s.wrap(err)
			}
		}
		line = next
	}
}

// lineStart is the offset of a line, or of the end.
func (s *scan) lineStart(line int) int {
	if line == 0 {
		return 0
	}
	return min(int(s.lines.ends[line-1])+1, len(s.tree.buf))
}

// document is the line after the document at line first. A directive, and what
// stands before the next marker then, belong to what follows: whole is false
// where that is not here.
func (s *scan) document(first int) (next int, whole bool) {
	content, marked := false, false
	for next = first; s.fast.have(next); next++ {
		line := bytes.TrimRight(s.tree.buf[s.lineStart(next):s.lines.ends[next]], " \t\r")
		switch m := marker(line); {
		case m == startMarker:
			if content {
				return next, true
			}
			content, marked = !blankFrom(line[3:]), true
		case m == endMarker:
			if content || marked {
				return next + 1, true
			}
		case m == directive && !content:
		default:
			line = bytes.TrimLeft(line, " \t")
			content = content || len(line) > 0 && line[0] != '#'
		}
	}
	return next, content
}

// position is the place of an offset of the region at hand.
func (s *scan) position(at int) Position {
	for (len(s.lines.ends) == 0 || int(s.lines.ends[len(s.lines.ends)-1]) < at) && s.fast.more() {
	}
	line := sort.Search(len(s.lines.ends), func(i int) bool { return int(s.lines.ends[i]) >= at })
	line = min(line, max(len(s.lines.ends)-1, 0))
	c := column{line: s.line + line, at: s.lineStart(line), n: 1}
	if l := &s.latest; l.line == c.line && l.at >= c.at && l.at <= at && l.n > 0 {
		c = *l // a line may be the whole input: what was counted is not counted again
	}
	at = max(at, c.at)
	c.n += utf8.RuneCount(s.tree.buf[c.at:at])
	c.at = at
	s.latest = c
	return Position{File: s.opts.File, Line: c.line + 1, Column: c.n}
}

// column is a place of the region at hand: character n of a line, counted from 1.
type column struct{ line, at, n int }

// wrap gives a fault its place.
func (s *scan) wrap(err error) error {
	var f *fault
	if !errors.As(err, &f) {
		return err
	}
	if f.first != nil {
		f.reason = strings.Replace(f.reason, firstLineMark, strconv.Itoa(s.position(*f.first).Line), 1)
	}
	return &Error{Position: s.position(f.at), Reason: f.reason, Err: f.err}
}

func (s *scan) warn(at uint32, format string, args ...any) {
	s.plan.Warnings = append(s.plan.Warnings, Warning{s.position(int(at)), fmt.Sprintf(format, args...)})
}
