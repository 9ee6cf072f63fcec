package lsp

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// signatureHelp shows the parameters of the call that the cursor is in.
func (q *requests) signatureHelp(p positionParams) (*signatureHelp, error) {
	d, a := q.latest(p.TextDocument.URI)
	if d == nil || a == nil || a.file == nil {
		return nil, nil
	}
	cursor := d.cursor(d.offset(p.Position))
	call := cursor.enclosingCall()
	if call == nil || cursor.comment {
		return nil, nil
	}
	if cursor.quote >= 0 {
		cursor.functions = functionsAt(d.text, cursor.quote)
	}
	fn := a.file.FunctionOf(a.file.TypeOfText(call.callee, cursor.functions))
	if fn == nil {
		return nil, nil
	}
	info := signatureInformation{Parameters: []parameterInformation{}, Label: fn.Name + "("}
	active := call.commas
	for i, param := range fn.Params {
		if i > 0 {
			info.Label += ", "
		}
		from := utf16Count(info.Label)
		info.Label += labelOf(param)
		out := parameterInformation{Label: [2]int{from, utf16Count(info.Label)}}
		if param.Doc != "" {
			out.Documentation = &markupContent{"markdown", param.Doc}
		}
		info.Parameters = append(info.Parameters, out)
		if call.keyword == param.Name || i < active && strings.HasPrefix(param.Name, "*") && call.keyword == "" {
			active = i
		}
	}
	info.Label += ") -> " + fn.Returns
	if fn.Doc != "" {
		info.Documentation = &markupContent{"markdown", fn.Doc}
	}
	return &signatureHelp{Signatures: []signatureInformation{info}, ActiveParameter: active}, nil
}

// labelOf is a parameter with its type and default.
func labelOf(p analysis.Param) string {
	label := p.Name
	if p.Type != "" && p.Type != "any" {
		label += ": " + p.Type
	}
	if p.Default != "" {
		label += " = " + p.Default
	}
	return label
}

// hover explains the name at a position.
func (q *requests) hover(p positionParams) (*hover, error) {
	d, a := q.latest(p.TextDocument.URI)
	if d == nil || a == nil || a.file == nil {
		return nil, nil
	}
	end := d.nameEnd(p.Position)
	cursor := d.cursor(end)
	if cursor.word == "" || !isLetter(cursor.word[0]) || cursor.comment || cursor.quote >= 0 {
		return nil, nil
	}
	text := explain(a.file, d.text, cursor, end)
	if text == "" {
		return nil, nil
	}
	r := textRange{d.position(cursor.start), d.position(end)}
	return &hover{Contents: markupContent{"markdown", text}, Range: &r}, nil
}

func explain(f *analysis.File, text string, c *cursor, end int) string {
	rest := strings.TrimLeft(text[end:], " \t")
	if call := c.call(); call != nil && !call.hasValue && !c.dotted && strings.HasPrefix(rest, "=") && !strings.HasPrefix(rest, "==") {
		fn := f.FunctionOf(f.TypeOfText(call.callee, c.functions))
		if fn == nil {
			return ""
		}
		for _, p := range fn.Params {
			if p.Name == c.word {
				return code(labelOf(p)) + "\n\n" + p.Doc
			}
		}
		return ""
	}
	if c.dotted {
		return explainMember(f, f.TypeOfText(c.receiver, c.functions), c.word)
	}
	t := f.TypeOfText(c.word, c.functions)
	if fn := f.FunctionOf(t); fn != nil {
		return explainFunction(fn)
	}
	if t == nil {
		return ""
	}
	return code(c.word + ": " + t.String())
}

func explainMember(f *analysis.File, t analysis.Type, name string) string {
	for _, alternative := range t {
		if fn := f.Table().Function(alternative.Name + "." + name); fn != nil {
			return explainFunction(fn)
		}
		if row := f.Table().Attribute(alternative.Name, name); row != nil {
			waits := ""
			if row.Waits {
				waits = "\n\nReading it waits for the cluster."
			}
			return code(row.Of+"."+row.Name+": "+row.Type) + "\n\n" + row.Doc + waits
		}
	}
	return ""
}

func explainFunction(fn *analysis.Function) string {
	var b strings.Builder
	b.WriteString(code(fn.Signature()))
	if fn.Doc != "" {
		b.WriteString("\n\n" + fn.Doc)
	}
	for i, p := range fn.Params {
		if p.Doc == "" {
			continue
		}
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "\n- `%s`: %s", labelOf(p), p.Doc)
	}
	return b.String()
}

func code(text string) string { return "```python\n" + text + "\n```" }
