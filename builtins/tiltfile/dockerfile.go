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
		if image != "" && image != "scratch" && !stages[strings.ToLower(image)] && !seen[image] && !isNumber(image) {
			seen[image] = true
			d.bases = append(d.bases, image)
		}
	}
	began := false
	lines, escape := logicalLines(text)
	for _, line := range lines {
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
			for _, word := range words(rest, escape) {
				name, value, set := strings.Cut(word, "=")
				if given, ok := args[name]; ok {
					known[name] = given
				} else if set {
					known[name] = expand(value, escape, known)
				}
			}
		case "FROM":
			began = true
			fields := strings.Fields(rest)
			for len(fields) > 0 && strings.HasPrefix(fields[0], "--") {
				fields = fields[1:]
			}
			if len(fields) == 0 {
				continue
			}
			add(expand(fields[0], escape, known))
			if len(fields) == 3 && strings.EqualFold(fields[1], "as") {
				stages[strings.ToLower(fields[2])] = true
			}
		case "COPY": // which has no variables there
			if m := copyFrom().FindStringSubmatch(rest); m != nil {
				add(m[1])
			}
		}
	}
	return d
}

func isNumber(s string) bool { return strings.Trim(s, "0123456789") == "" }

// logicalLines joins the lines that a Dockerfile continues, without comments and
// without what an instruction is given below it, up to the name after <<. escape is the
// character that continues a line.
func logicalLines(text string) (lines []string, escape string) {
	text = strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n")
	escape = `\`
	atStart := true
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
		lines = append(lines, line.String())
		open = hereDocuments(line.String(), escape)
		line.Reset()
	}
	if line.Len() > 0 {
		lines = append(lines, line.String())
	}
	return lines, escape
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
