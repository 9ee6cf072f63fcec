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
