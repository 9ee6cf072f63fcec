package yaml11

import (
	"bytes"
	"fmt"
)

// Bound returns an error if a document of this text might have more values than most,
// each of which takes the parser some 200 bytes: a file of 64 MiB may have one for
// every two of its bytes. It counts the lines and the marks between values, those
// inside strings as well.
func Bound(text []byte, most int) error {
	n := 0
	for _, mark := range []string{"\n", ",", "[", "{", "- -", "? ?"} {
		n += bytes.Count(text, []byte(mark))
	}
	if n > most {
		return fmt.Errorf("over the limit of %d for lines and values", most)
	}
	return nil
}

// Directives is text with every directive %YAML 1.2 made %YAML 1.1, byte for byte
// as long. It is text itself if there is none.
func Directives(text []byte) []byte {
	if !bytes.Contains(text, []byte("%YAML")) {
		return text
	}
	out, head := bytes.Clone(text), true // head: before a document, in which directives are
	for line := range bytes.Lines(out) {
		words := bytes.Fields(line) // parts of the line itself
		switch {
		case len(words) == 0, line[0] == '#':
		case line[0] == '.' && string(words[0]) == "...":
			head = true
		case !head || line[0] != '%':
			head = false
		case len(words) > 1 && string(words[0]) == "%YAML" && string(words[1]) == "1.2":
			words[1][len("1.")] = '1'
		}
	}
	return out
}
