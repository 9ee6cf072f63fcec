package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
	"github.com/sextant-dev/sextant/diag"
)

// scan is one reading of one input.
type scan struct {
	opts   Options
	plan   *Plan
	stream stream
	places places
	reader *yamltree.Reader
	tree   *yamltree.Tree // the reader's
	search *locate.Search
	judge  judge
	// policied are the holders in the tree at hand whose pull policy is to be set: true
	// if that changes something.
	policied map[int32]bool
	edits    edits
	key      []byte // an object's identity, used again
}

// Scan reads the whole of r and plans its edits. It keeps nothing of the input
// but the edits. An error is an *Error, or what r returned.
func Scan(r io.Reader, opts Options) (*Plan, error) {
	var extra *locate.Rules
	if opts.Locators != nil {
		extra = opts.Locators.rules
	}
	s := &scan{
		opts: opts, plan: &Plan{file: opts.File}, stream: stream{r: r},
		reader: yamltree.NewReader(locate.Symbols()), search: locate.NewSearch(extra, opts.Env),
		judge: newJudge(), places: places{start: cursor{0, 1, 1}, latest: cursor{0, 1, 1}, back: cursor{0, 1, 1}},
	}
	s.tree, s.reader.DuplicateKeys = &s.reader.Tree, opts.DuplicateKeys
	s.edits.tree = s.tree
	if err := s.run(); err != nil {
		return nil, err
	}
	s.plan.Parsed = s.reader.Parsed
	return s.plan, nil
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
		if err != nil || last {
			return err
		}
		if done > 0 {
			s.places.consume(region, done)
			s.stream.consume(done)
		}
	}
}

// byteOrderMark may start a file in UTF-8. It means nothing there.
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
	line, _ := yamltree.FirstLine(text)
	s.plan.Marked = yamltree.IsStart(line)
	for len(text) > 0 && (len(line) == 0 || line[0] == '#') {
		text = yamltree.AfterLine(text, 0)
		line, _ = yamltree.FirstLine(text)
	}
	s.plan.Directives = yamltree.IsDirective(line)
	return nil
}

func (s *scan) utf16() error {
	return &Error{Position: diag.Position{File: s.opts.File, Line: 1, Column: 1}, Reason: "UTF-16 or UTF-32, not UTF-8: save the file as UTF-8"}
}

func (s *scan) readError(err error) error {
	if s.opts.File == "" {
		return err
	}
	return fmt.Errorf("%s: %w", s.opts.File, err)
}

// region scans a run of whole documents. It returns how much of it is done with:
// less than all if what is left has to be read together with what follows.
func (s *scan) region(text []byte, last bool) (int, error) {
	for start := 0; start < len(text); {
		end, whole, err := s.reader.Next(text, start, last)
		if err != nil {
			return 0, s.wrap(err)
		}
		if !whole {
			return start, nil
		}
		if len(s.tree.Nodes) > 0 {
			s.search.Run(s.tree)
			if err := s.decide(); err != nil {
				return 0, s.wrap(err)
			}
		}
		start = end
	}
	return len(text), nil
}

func (s *scan) warn(at uint32, format string, args ...any) {
	s.plan.Warnings = append(s.plan.Warnings, Warning{s.position(int(at)), fmt.Sprintf(format, args...)})
}

// position is the place of an offset of the region at hand.
func (s *scan) position(at int) diag.Position {
	c := s.places.find(s.tree.Buf, min(at, len(s.tree.Buf)))
	return diag.Position{File: s.opts.File, Line: c.line, Column: c.column}
}

// wrap adds the place to a fault.
func (s *scan) wrap(err error) error {
	var f *yamltree.Fault
	if !errors.As(err, &f) {
		return err
	}
	if f.First != nil {
		f.Reason = strings.Replace(f.Reason, yamltree.FirstLineMark, strconv.Itoa(s.position(*f.First).Line), 1)
	}
	return &Error{Position: s.position(f.At), Reason: f.Reason, Err: f.Err}
}
