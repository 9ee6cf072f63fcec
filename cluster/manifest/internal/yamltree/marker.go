package yamltree

// mark is what a line is to the stream.
type mark uint8

const (
	noMarker    mark = iota
	startMarker      // ---
	endMarker        // ...
	directive        // %YAML, %TAG
)

// marker returns what a line, from its first column, is to the stream. YAML
// forbids markers inside every kind of scalar, so this needs no context; a
// directive is one only between documents.
func marker(line []byte) mark {
	if len(line) == 0 {
		return noMarker
	}
	if line[0] == '%' {
		return directive
	}
	if len(line) < 3 || line[0] != line[1] || line[0] != line[2] {
		return noMarker
	}
	if len(line) > 3 {
		if c := line[3]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return noMarker
		}
	}
	switch line[0] {
	case '-':
		return startMarker
	case '.':
		return endMarker
	}
	return noMarker
}

// IsStart reports whether a document marker (---) starts the line.
func IsStart(line []byte) bool { return marker(line) == startMarker }

// IsDirective reports whether the line, between documents, is a directive.
func IsDirective(line []byte) bool { return marker(line) == directive }
