package sample

import (
	"fmt"
	"strings"
)

// printer writes a document in a style of its own.
type printer struct {
	*varied
	step     int // of the indentation
	quoting  int // of strings: 0 plain if possible, 1 single, 2 double, 3 any
	flow     int // how much is in flow style
	comments int
	anchor   bool // some labels have one
}

func (p *printer) document(fields []field) string {
	var b strings.Builder
	if p.comments > 0 {
		fmt.Fprintf(&b, "# %s\n", p.prose(1))
	}
	p.block(&b, fields, 0)
	return b.String()
}

// block writes a mapping, each line indented by indent. The first line is not, if the
// caller has written something before it.
func (p *printer) block(b *strings.Builder, fields []field, indent int) {
	for _, f := range fields {
		if p.comments > 1 && p.IntN(12) == 0 {
			fmt.Fprintf(b, "%s# %s\n", strings.Repeat(" ", indent), p.prose(1))
		}
		b.WriteString(strings.Repeat(" ", indent))
		p.pair(b, f, indent)
	}
}

func (p *printer) pair(b *strings.Builder, f field, indent int) {
	b.WriteString(p.key(f.key) + ":")
	if f.key == "labels" && p.anchored(b, f) {
		return
	}
	p.value(b, f.value, indent)
}

// anchored puts an anchor on some labels, and writes some later ones as its alias.
func (p *printer) anchored(b *strings.Builder, f field) bool {
	switch {
	case p.anchor && p.IntN(2) == 0:
		b.WriteString(" *labels\n")
	case !p.anchor && p.IntN(6) == 0:
		p.anchor = true
		b.WriteString(" &labels " + p.json(f.value, -1) + "\n")
	default:
		return false
	}
	return true
}

func (p *printer) key(key string) string {
	switch {
	case p.IntN(40) == 0:
		return `"` + key + `"`
	case p.IntN(60) == 0:
		return "'" + key + "'"
	}
	return key
}

// value writes what follows a colon or a dash, with the line end.
func (p *printer) value(b *strings.Builder, value any, indent int) {
	switch value := value.(type) {
	case []field:
		if len(value) == 0 || len(value) <= 3 && p.flat(value) && p.IntN(8) < p.flow {
			b.WriteString(" " + p.json(value, -1) + p.tail())
			return
		}
		b.WriteString("\n")
		p.block(b, value, indent+p.step)
	case []any:
		if p.flat(value) && p.IntN(4) < p.flow {
			text := p.json(value, -1)
			if len(text) > 60 {
				text = strings.ReplaceAll(text, ", ", ",\n"+strings.Repeat(" ", indent+p.step))
			}
			b.WriteString(" " + text + p.tail())
			return
		}
		b.WriteString("\n")
		p.list(b, value, indent)
	case literal:
		header, text := p.one(" |", " |-", " |+", " >-"), strings.TrimSuffix(string(value), "\n")
		b.WriteString(header + "\n")
		for line := range strings.SplitSeq(text, "\n") {
			b.WriteString(strings.Repeat(" ", indent+p.step) + line + "\n")
		}
	case prose:
		b.WriteString(" " + p.long(string(value), indent+p.step) + "\n")
	default:
		b.WriteString(" " + p.scalar(value) + p.tail())
	}
}

func (p *printer) tail() string {
	if p.comments > 0 && p.IntN(10) == 0 {
		return "  # " + p.word() + "\n"
	}
	return "\n"
}

func (p *printer) list(b *strings.Builder, items []any, indent int) {
	if p.step == 4 {
		indent += 2
	}
	for _, item := range items {
		b.WriteString(strings.Repeat(" ", indent) + "-")
		fields, ok := item.([]field)
		if !ok || len(fields) == 0 {
			p.value(b, item, indent)
			continue
		}
		b.WriteString(" ")
		p.pair(b, fields[0], indent+2)
		p.block(b, fields[1:], indent+2)
	}
}

// long writes prose, folded to lines of some width if it is long.
func (p *printer) long(text string, indent int) string {
	quote := p.IntN(3)
	if strings.ContainsAny(text, `'"#`) || strings.Contains(text, ": ") {
		quote = 1 + p.IntN(2)
	}
	switch quote {
	case 1:
		text = "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case 2:
		text = `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
	}
	if p.IntN(3) == 0 {
		return text
	}
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case width > 70:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			width = 0
		default:
			b.WriteByte(' ')
		}
		b.WriteString(word)
		width += len(word) + 1
	}
	return b.String()
}

// flat reports whether nothing in value needs lines of its own.
func (p *printer) flat(value any) bool {
	switch value := value.(type) {
	case []field:
		for _, f := range value {
			if !p.flat(f.value) {
				return false
			}
		}
	case []any:
		for _, item := range value {
			if !p.flat(item) {
				return false
			}
		}
	case prose, literal:
		return false
	}
	return true
}

// json writes a value in flow style: with depth 0 or more over several lines as JSON,
// else on one line as people write it.
func (p *printer) json(value any, depth int) string {
	open, end, between, inner := "", "", ", ", -1
	if depth >= 0 {
		inner = depth + 1
		open, end = "\n"+strings.Repeat("  ", inner), "\n"+strings.Repeat("  ", depth)
		between = "," + open
	}
	var parts []string
	switch value := value.(type) {
	case []field:
		for _, f := range value {
			key := f.key
			if depth >= 0 {
				key = `"` + key + `"`
			}
			parts = append(parts, key+": "+p.json(f.value, inner))
		}
		if len(parts) == 0 {
			return "{}"
		}
		text := "{" + open + strings.Join(parts, between) + end + "}"
		if depth == 0 {
			text += "\n"
		}
		return text
	case []any:
		for _, item := range value {
			parts = append(parts, p.json(item, inner))
		}
		return "[" + open + strings.Join(parts, between) + end + "]"
	case literal:
		return p.quoted(string(value))
	case prose:
		return p.quoted(string(value))
	case string:
		if depth < 0 && plain(value) {
			return value
		}
		return p.quoted(value)
	}
	return fmt.Sprint(value)
}

func (p *printer) quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}

func (p *printer) scalar(value any) string {
	text, ok := value.(string)
	if !ok {
		return fmt.Sprint(value)
	}
	quoting := p.quoting
	if quoting == 3 {
		quoting = p.IntN(3)
	}
	if quoting == 0 && !plain(text) {
		quoting = 1 + p.IntN(2)
	}
	switch quoting {
	case 1:
		return "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case 2:
		return p.quoted(text)
	}
	return text
}

// plain reports whether text may be written without quotes anywhere.
func plain(text string) bool {
	switch text {
	case "", "true", "false", "yes", "no", "null":
		return false
	}
	first := text[0]
	if first >= '0' && first <= '9' || first == '-' || first == '*' {
		return false
	}
	return !strings.ContainsAny(text, "{}[],#&\"'?") && !strings.Contains(text, ": ")
}
