package starlark

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// sources reads the scripts of one run or check, and keeps their contents so that
// errors can show lines of it.
type sources struct {
	engine *Engine
	max    int64 // bytes of one file
	texts  map[string]string
}

func newSources(e *Engine, l Limits) *sources {
	return &sources{engine: e, max: l.FileSize, texts: map[string]string{}}
}

// read returns the contents of a script, from the engine's Loader or its Files.
// The error does not repeat the name.
func (s *sources) read(ctx context.Context, name string) (string, error) {
	src, err := s.fetch(ctx, name)
	if err != nil {
		return "", err
	}
	if int64(len(src)) > s.max {
		return "", &diag.LimitError{Limit: diag.LimitFileSize, Max: uint64(s.max)}
	}
	// Editors on Windows put a byte order mark before the first character.
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	s.texts[name] = string(src)
	return s.texts[name], nil
}

func (s *sources) fetch(ctx context.Context, name string) ([]byte, error) {
	if s.engine.Loader != nil {
		src, ok, err := s.engine.Loader(ctx, name)
		if err != nil || ok {
			return src, err
		}
	}
	if strings.HasPrefix(name, "@") {
		return nil, errors.New("no such module is known here")
	}
	f, err := s.engine.Files.Open(name)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("is a %s, not a regular file", kind(info.Mode()))
	}
	// One byte more than the limit, so that read sees that there is more.
	r := io.Reader(f)
	if s.max+1 > 0 {
		r = io.LimitReader(f, s.max+1)
	}
	src, err := io.ReadAll(r)
	return src, withoutPath(err)
}

// line returns a line of a script that was read, without its end.
func (s *sources) line(at diag.Position) string {
	rest := s.texts[at.File]
	for n := 1; ; n++ {
		line, after, more := strings.Cut(rest, "\n")
		if n == at.Line {
			return strings.TrimSuffix(line, "\r")
		}
		if !more {
			return ""
		}
		rest = after
	}
}

// withoutPath drops the operation and path of a file error, for messages that
// name the file already.
func withoutPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// kind is the name that people use for a type of file.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "folder"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe"
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	}
	return "special file"
}

// dialect is described in the package documentation.
var dialect = &syntax.FileOptions{
	Set:             true,
	While:           true,
	TopLevelControl: true,
	GlobalReassign:  true,
	Recursion:       true,
}

// sharing is dialect for an engine whose files share what they load.
var sharing = func() *syntax.FileOptions {
	options := *dialect
	options.LoadBindsGlobally = true
	return &options
}()

// options are those that files of the engine are parsed with.
func (e *Engine) options() *syntax.FileOptions {
	if e.ShareLoads {
		return sharing
	}
	return dialect
}

// maxChain is described at diag.LimitChain.
const maxChain = 1000

// maxName is described at diag.LimitName.
const maxName = 1000

// mayHaveName reports whether a source may have a name of more bytes than most: it has
// so many in a row that can be part of one, which may be of a string or a comment.
func mayHaveName(src string, most int) bool {
	length := 0
	for i := range len(src) {
		if !analysis.IsNameByte(src[i]) {
			length = 0
			continue
		}
		if length++; length > most {
			return true
		}
	}
	return false
}

// placedLimit is a limit that a part of a script exceeds, and where that part begins.
type placedLimit struct {
	at    syntax.Position
	limit *diag.LimitError
}

func (e *placedLimit) Error() string { return e.limit.Error() }

// parse reads a file. The parser bounds how deep a script nests, but takes what
// is one after another as it is read. It takes a NUL for the end of the file, and
// what follows one is not to be dropped without an error.
func parse(name, src string, options *syntax.FileOptions) (*syntax.File, error) {
	if before, _, found := strings.Cut(src, "\x00"); found {
		line := before[strings.LastIndexByte(before, '\n')+1:]
		at := syntax.MakePosition(&name, int32(1+strings.Count(before, "\n")), int32(1+utf8.RuneCountInString(line)))
		return nil, syntax.Error{Pos: at, Msg: "NUL byte: a script is UTF-8 text without any"}
	}
	f, err := options.Parse(name, src, 0)
	if err != nil {
		return nil, err
	}
	if mayHaveName(src, maxName) {
		if long := analysis.LongName(f, maxName); long != nil {
			return nil, &placedLimit{long.NamePos, &diag.LimitError{Limit: diag.LimitName, Max: maxName}}
		}
	}
	if long := analysis.LongChain(f, maxChain); long != nil {
		at, _ := long.Span()
		return nil, &placedLimit{at, &diag.LimitError{Limit: diag.LimitChain, Max: maxChain}}
	}
	return f, nil
}

var errEmptyName = errors.New("the path is empty")

// ErrOutside reports a path that leaves the root folder of the scripts: by
// "..", by being absolute, or through a symbolic link.
var ErrOutside = errors.New("the path leaves the root folder of the scripts")

// resolveLoad returns the name of the file that a load means.
func resolveLoad(resolve func(LoadRequest) (string, bool, error), l LoadRequest) (string, error) {
	if resolve == nil {
		return resolveName(l.Calling, l.Path)
	}
	name, ok, err := resolve(l)
	switch {
	case err != nil:
		return "", err
	case ok:
		return resolveName("", name)
	}
	return resolveName(l.Calling, l.Path)
}

// resolveName returns the name of a file, relative to the root, from the path
// in the file from. A path that starts with "//" is relative to the root. A path
// that starts with "@" names a module of the engine's Loader; paths inside such a
// module stay inside it, and "//" is its root.
func resolveName(from, p string) (string, error) {
	if p == "" {
		return "", errEmptyName
	}
	base := from
	if strings.HasPrefix(p, "@") {
		base = ""
		from = p
	}
	root := ""
	if strings.HasPrefix(from, "@") {
		root, _, _ = strings.Cut(from, "/")
		root += "/"
	}
	if label, ok := strings.CutPrefix(p, "//"); ok {
		base, p = root, label
		if p == "" {
			return "", errEmptyName
		}
	}
	if strings.HasPrefix(p, "/") {
		return "", ErrOutside
	}
	name := path.Join(path.Dir(base), p)
	if name == ".." || strings.HasPrefix(name, "../") || !strings.HasPrefix(name+"/", root) {
		return "", ErrOutside
	}
	return name, nil
}
