package yamltree

import "bytes"

// Reader reads the documents of an input, one at a time, into its tree. It is not
// for concurrent use.
type Reader struct {
	Tree Tree
	// Parsed counts the bytes of the documents that the fast scanner left to the YAML
	// parser.
	Parsed int64
	// DuplicateKeys accepts mappings with a key that appears twice: the last counts.
	DuplicateKeys bool

	fast fast
	full full
}

// NewReader makes a Reader that numbers keys by symbols.
func NewReader(symbols *Symbols) *Reader {
	r := &Reader{}
	r.fast.symbols, r.full.symbols = symbols, symbols
	return r
}

// Next reads the document of text that starts at offset start, and returns where the
// next one starts. whole is false if the document may go on after the text: then it
// was not read. last is true if nothing follows the text. Slack bytes have to follow
// the text, line feeds if its last line is not ended. An error is a *Fault.
func (r *Reader) Next(text []byte, start int, last bool) (end int, whole bool, err error) {
	r.Tree.Reset(text)
	r.fast.tree, r.full.tree = &r.Tree, &r.Tree
	r.fast.duplicates, r.full.duplicates = r.DuplicateKeys, r.DuplicateKeys
	if end, ok := r.fast.document(start); ok {
		return end, true, nil
	}
	end, whole = documentEnd(text, start)
	if !whole && !last {
		return start, false, nil
	}
	r.Parsed += int64(end - start)
	r.Tree.Reset(text)
	return end, true, r.full.scan(start, end)
}

// documentEnd returns where the document that starts at offset start ends. A
// directive, and what precedes the next marker then, belong to what follows: whole is
// false if that is not in the text.
func documentEnd(text []byte, start int) (end int, whole bool) {
	content, marked := false, false
	for at := start; at < len(text); {
		next := len(text)
		if n := bytes.IndexByte(text[at:], '\n'); n >= 0 {
			next = at + n + 1
		}
		line := bytes.TrimRight(text[at:next], " \t\r\n")
		switch m := marker(line); {
		case m == startMarker:
			if content {
				return at, true
			}
			content, marked = !onlyComment(line[3:]), true
		case m == endMarker:
			if content || marked {
				return next, true
			}
		case m == directive && !content:
		default:
			line = bytes.TrimLeft(line, " \t")
			content = content || len(line) > 0 && line[0] != '#'
		}
		at = next
	}
	return len(text), content
}

// onlyComment reports whether the rest of a line has only spaces, and a comment after
// one.
func onlyComment(b []byte) bool {
	for i, c := range b {
		if c == '#' {
			return i > 0
		}
		if c != ' ' {
			return false
		}
	}
	return true
}

// byteOrderMark returns where the content of a document starts if a byte order mark
// precedes it, as in files that were joined, and 0 if none does. kubectl passes one.
func byteOrderMark(text []byte) int {
	for at := 0; at < len(text); {
		if bytes.HasPrefix(text[at:], []byte("\ufeff")) {
			return at + len("\ufeff")
		}
		line, _ := FirstLine(text[at:])
		if marker(line) == startMarker {
			line = line[3:]
		} else if len(line) > 0 && line[0] == '#' {
			line = nil
		}
		if !onlyComment(line) {
			break
		}
		at = len(text) - len(AfterLine(text, at))
	}
	return 0
}
