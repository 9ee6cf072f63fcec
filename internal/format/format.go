package format

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/bazelbuild/buildtools/build"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// dialect accepts every construct that either dialect of Sextant accepts.
var dialect = &syntax.FileOptions{
	Set:             true,
	While:           true,
	TopLevelControl: true,
	GlobalReassign:  true,
	Recursion:       true,
}

// rounds is how often the printer may still change its own output. One is the
// rule; comments that it moves can take two.
const rounds = 4

// An UnsupportedError reports valid source that cannot be formatted without
// changing what it means. The file should be left as it is.
type UnsupportedError struct {
	// File is the name that [Source] was given.
	File string
	// Reason is why, such as "the printer would change the program".
	Reason string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("%s: cannot format: %s; the file is unchanged", e.File, e.Reason)
}

// Source returns src in canonical layout. Formatting the result again returns
// it unchanged. The name is used in errors only.
//
// The error is a [syntax.Error] if src does not parse, and an
// [*UnsupportedError] if the layout cannot be changed safely.
func Source(name string, src []byte) ([]byte, error) {
	src = normal(src)
	return byParts(context.Background(), name, src, leastPart, func(part string) ([]byte, error) { return whole(name, []byte(part)) })
}

// leastPart is how many bytes are formatted at once, if there are as many: most parts of
// a long source are in layout and printed once, and it takes as long to begin with one
// as to print some lines.
const leastPart = 4096

// whole formats a source, as normal returns it, in one piece.
func whole(name string, current []byte) ([]byte, error) {
	before, err := parse(name, current)
	if err != nil {
		return nil, err
	}
	tree := before
	for range rounds {
		printed, err := print(name, current, tree)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(printed, current) {
			return printed, nil
		}
		after, err := parse(name, printed)
		if err != nil {
			return nil, &UnsupportedError{name, "the printer's output does not parse: " + err.Error()}
		}
		if err := compare(before, after); err != nil {
			return nil, &UnsupportedError{name, err.Error()}
		}
		current, tree = printed, after
	}
	return nil, &UnsupportedError{name, "the layout does not settle"}
}

// normal leaves out a byte order mark and ends lines in LF. The language has no such mark,
// and CRLF and CR are the same to it, in string literals as well.
func normal(src []byte) []byte {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	return bytes.ReplaceAll(bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

// maxChain is how many links a part of a file may have: the printer takes the square
// of them.
const maxChain = 10_000

func parse(name string, src []byte) (*syntax.File, error) {
	f, err := dialect.Parse(name, src, syntax.RetainComments)
	if err == nil && len(src) > maxChain && analysis.LongChain(f, maxChain) != nil {
		return nil, &UnsupportedError{name, fmt.Sprintf("an expression with more than %d parts one after another", maxChain)}
	}
	return f, err
}

// print lays the source, which parses to tree, out once.
func print(name string, src []byte, tree *syntax.File) ([]byte, error) {
	s := newSubstitution(src, tree)
	plain, err := s.plain()
	if err != nil {
		return nil, &UnsupportedError{name, err.Error()}
	}
	file, err := build.ParseDefault(name, plain)
	if err != nil {
		return nil, &UnsupportedError{name, "the printer's parser: " + reason(err)}
	}
	sortLoads := &build.Rewriter{RewriteSet: []string{"loadsort"}}
	out, ok := s.restore(build.FormatWithRewriter(sortLoads, file))
	if !ok {
		return nil, &UnsupportedError{name, "the printer would change a name"}
	}
	return out, nil
}

// reason is a message of buildifier's parser without its own file name.
func reason(err error) string {
	var parse build.ParseError
	if errors.As(err, &parse) {
		return fmt.Sprintf("line %d, column %d: %s", parse.Pos.Line, parse.Pos.LineRune, parse.Message)
	}
	return err.Error()
}
