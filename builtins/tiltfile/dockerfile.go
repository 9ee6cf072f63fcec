package tiltfile

import (
	"strings"
)

// dockerfile is what this package reads of a Dockerfile: the images that it
// starts from or copies from.
type dockerfile struct {
	bases        []string
	instructions int
}

var (
	instruction = lazy(`^\s*([A-Za-z]+)\s+(.*)$`)
	directive   = lazy(`^#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$`)
	copyFrom    = lazy(`--from=(\S+)`)
	heredoc     = lazy(`^\d*<<(-?)([^<]+)$`)
)

// parseDockerfile reads the images of a Dockerfile. args are the build arguments,
// which take the place of the defaults of ARG. Names of stages are no images.
func parseDockerfile(text string, args map[string]string) dockerfile {
	var d dockerfile
	stages := map[string]bool{}
	known := map[string]string{}
	seen := map[string]bool{}
	add := func(image string) {
		image = expand(image, known)
		if image != "" && image != "scratch" && !stages[strings.ToLower(image)] && !seen[image] && !isNumber(image) {
			seen[image] = true
			d.bases = append(d.bases, image)
		}
	}
	began := false
	for _, line := range logicalLines(text) {
		m := instruction().FindStringSubmatch(line)
		if m == nil {
			continue
		}
		d.instructions++
		rest := m[2]
		switch strings.ToUpper(m[1]) {
		case "ARG":
			if began { // an ARG of a stage is not seen by FROM
				continue
			}
			for _, word := range strings.Fields(rest) {
				name, value, set := strings.Cut(word, "=")
				if given, ok := args[name]; ok {
					known[name] = given
				} else if set {
					known[name] = expand(strings.Trim(value, `"'`), known)
				}
			}
		case "FROM":
			began = true
			words := strings.Fields(rest)
			for len(words) > 0 && strings.HasPrefix(words[0], "--") {
				words = words[1:]
			}
			if len(words) == 0 {
				continue
			}
			add(strings.Trim(words[0], `"'`))
			if len(words) == 3 && strings.EqualFold(words[1], "as") {
				stages[strings.ToLower(words[2])] = true
			}
		case "COPY":
			if m := copyFrom().FindStringSubmatch(rest); m != nil {
				add(m[1])
			}
		}
	}
	return d
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

// logicalLines joins the lines that a Dockerfile continues, without comments and
// without what an instruction is given below it, up to the name after <<.
func logicalLines(text string) []string {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	escape, atStart := `\`, true
	var out []string
	var line strings.Builder
	var open []hereDocument
	for raw := range strings.SplitSeq(text, "\n") {
		if len(open) > 0 {
			if open[0].ends(raw) {
				open = open[1:]
			}
			continue
		}
		if atStart {
			m := directive().FindStringSubmatch(raw)
			if atStart = m != nil; atStart && strings.EqualFold(m[1], "escape") {
				escape = m[2]
			}
		}
		trimmed := strings.TrimSpace(raw)
		if strings.HasPrefix(trimmed, "#") || trimmed == "" && line.Len() > 0 {
			continue
		}
		if part, continued := strings.CutSuffix(strings.TrimRight(raw, " \t"), escape); continued {
			line.WriteString(part)
			continue
		}
		line.WriteString(raw)
		out = append(out, line.String())
		open = hereDocuments(line.String(), escape)
		line.Reset()
	}
	if line.Len() > 0 {
		out = append(out, line.String())
	}
	return out
}

// hereDocument is a part of a file that an instruction is given.
type hereDocument struct {
	name   string
	indent bool // whether tabs may be before the name that ends it
}

func (h hereDocument) ends(line string) bool {
	if h.indent {
		line = strings.TrimLeft(line, "\t")
	}
	return line == h.name
}

// hereDocuments are those that follow a line.
func hereDocuments(line, escape string) []hereDocument {
	m := instruction().FindStringSubmatch(line)
	if m == nil || !strings.Contains(line, "<<") {
		return nil
	}
	switch strings.ToUpper(m[1]) {
	case "RUN", "COPY", "ADD", "ONBUILD":
	default:
		return nil
	}
	var all []hereDocument
	for _, word := range words(m[2], escape) {
		m := heredoc().FindStringSubmatch(word)
		if m == nil {
			continue
		}
		if name := strings.NewReplacer(`"`, "", "'", "", escape, "").Replace(m[2]); name != "" {
			all = append(all, hereDocument{name, m[1] != ""})
		}
	}
	return all
}

// words splits a line at the spaces that are not in quotes. The quotes stay.
func words(line, escape string) []string {
	var all []string
	start, quote := -1, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		blank := quote == 0 && (c == ' ' || c == '\t')
		switch {
		case blank && start >= 0:
			all, start = append(all, line[start:i]), -1
		case !blank && start < 0:
			start = i
		}
		switch {
		case quote != '\'' && strings.HasPrefix(line[i:], escape):
			i++ // what follows is no quote and no space
		case c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	if start >= 0 {
		all = append(all, line[start:])
	}
	return all
}

const (
	maxExpanded = 64 << 10 // bytes of a string with its variables replaced
	maxDefaults = 100      // defaults in defaults
)

// expand replaces $NAME, ${NAME}, ${NAME:-default} and ${NAME:+other}, in which there
// may be others. What is not closed, or is over a limit, stays: it is no image.
func expand(s string, vars map[string]string) string {
	x := expansion{text: s, ends: map[int]int{}, vars: vars}
	var open []int
	for i := range len(s) {
		switch {
		case strings.HasPrefix(s[i:], "${"):
			open = append(open, i)
		case s[i] == '}' && len(open) > 0:
			x.ends[open[len(open)-1]] = i
			open = open[:len(open)-1]
		}
		if len(open) > maxDefaults {
			return s
		}
	}
	if x.write(0, len(s)); x.out.Len() > maxExpanded {
		return s
	}
	return x.out.String()
}

// expansion replaces the variables of one string.
type expansion struct {
	text string
	ends map[int]int // of each ${ that is closed, where
	vars map[string]string
	out  strings.Builder
}

// write writes a part of the text, no further than the limit.
func (x *expansion) write(from, to int) {
	for i := from; i < to && x.out.Len() <= maxExpanded; {
		if x.text[i] != '$' {
			x.out.WriteByte(x.text[i])
			i++
			continue
		}
		end, braced := x.ends[i]
		begin := i + 1
		if braced {
			begin++
		}
		name := variableName(x.text[begin:to])
		switch after := begin + len(name); {
		case name == "":
			x.out.WriteByte('$')
			i++
		case !braced:
			x.out.WriteString(x.vars[name])
			i = after
		case !x.choose(name, after, end):
			x.out.WriteString(x.text[i : end+1])
			i = end + 1
		default:
			i = end + 1
		}
	}
}

// choose writes the value of a variable, or what the text between two places says
// instead. It returns false if that is not understood.
func (x *expansion) choose(name string, from, end int) bool {
	value, set := x.vars[name]
	if from == end {
		x.out.WriteString(value)
		return true
	}
	if x.text[from] == ':' {
		set = value != ""
		from++
	}
	switch x.text[from] {
	case '-':
		if set {
			x.out.WriteString(value)
		} else {
			x.write(from+1, end)
		}
		return true
	case '+':
		if set {
			x.write(from+1, end)
		}
		return true
	}
	return false
}

// variableName is the name that a string begins with.
func variableName(s string) string {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|' ' < 'a' || c|' ' > 'z') && (i == 0 || c < '0' || c > '9') {
			return s[:i]
		}
	}
	return s
}
