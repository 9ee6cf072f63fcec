package analysis

import "github.com/sextant-dev/sextant/diag"

// Program is a script and all that it loads.
type Program struct {
	// Files are the files that could be read, each after those that it loads: the
	// script itself is the last one.
	Files []*File

	lines map[string]*lines // by the name of the file, of those asked for
}

// Diagnostics returns those of all files, in the order of the files.
func (p *Program) Diagnostics() []diag.Diagnostic {
	var all []diag.Diagnostic
	for _, f := range p.Files {
		all = append(all, f.Diagnostics...)
	}
	return all
}

// File returns a file by its name, or nil.
func (p *Program) File(name string) *File {
	for _, f := range p.Files {
		if f.Name == name {
			return f
		}
	}
	return nil
}

// Line returns a line of one of the files, for a [diag.Printer]. It serves one
// goroutine at a time.
func (p *Program) Line(at diag.Position) string {
	text, ok := p.lines[at.File]
	if !ok {
		source := ""
		if f := p.File(at.File); f != nil {
			source = f.Source
		}
		text = newLines(source)
		if p.lines == nil {
			p.lines = map[string]*lines{}
		}
		p.lines[at.File] = text
	}
	return text.line(at.Line)
}
