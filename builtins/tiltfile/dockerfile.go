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
	directive   = lazy(`^#\s*escape\s*=\s*(\S)\s*$`)
	copyFrom    = lazy(`--from=(\S+)`)
	variable    = lazy(`\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?::?([-+])([^}]*))?\}|([A-Za-z_][A-Za-z0-9_]*))`)
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
				name, value, _ := strings.Cut(word, "=")
				value = expand(strings.Trim(value, `"'`), known)
				if given, ok := args[name]; ok {
					value = given
				}
				known[name] = value
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

// logicalLines joins the lines that a Dockerfile continues, without comments.
func logicalLines(text string) []string {
	escape := `\`
	var out []string
	var line strings.Builder
	for i, raw := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		if m := directive().FindStringSubmatch(raw); i == 0 && m != nil {
			escape = m[1]
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
		line.Reset()
	}
	if line.Len() > 0 {
		out = append(out, line.String())
	}
	return out
}

// expand replaces $NAME, ${NAME}, ${NAME:-default} and ${NAME:+other}.
func expand(s string, vars map[string]string) string {
	return variable().ReplaceAllStringFunc(s, func(match string) string {
		m := variable().FindStringSubmatch(match)
		value := vars[m[1]+m[4]]
		switch {
		case m[2] == "-" && value == "":
			return m[3]
		case m[2] == "+" && value != "":
			return m[3]
		case m[2] == "+":
			return ""
		}
		return value
	})
}
