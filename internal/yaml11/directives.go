package yaml11

import "bytes"

// Directives is text with every directive %YAML 1.2 made %YAML 1.1, byte for byte
// as long. It is text itself where there is none.
func Directives(text []byte) []byte {
	if !bytes.Contains(text, []byte("%YAML")) {
		return text
	}
	out, head := bytes.Clone(text), true // head: before a document, where directives stand
	for line := range bytes.Lines(out) {
		line = bytes.TrimRight(line, "\r\n")
		word := line[:len(line)-len(bytes.TrimLeftFunc(line, func(r rune) bool { return r != ' ' && r != '\t' }))]
		switch {
		case string(word) == "...":
			head = true
		case len(bytes.TrimSpace(line)) == 0, line[0] == '#', line[0] == '%' && string(word) != "%YAML":
		case head && string(word) == "%YAML":
			version := bytes.TrimLeft(line[len(word):], " \t")
			if rest, ok := bytes.CutPrefix(version, []byte("1.2")); ok && (len(rest) == 0 || rest[0] == ' ' || rest[0] == '\t') {
				version[len("1.")] = '1'
			}
		default:
			head = false
		}
	}
	return out
}
