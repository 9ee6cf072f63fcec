package printer

import (
	"io"
	"strings"
	"text/tabwriter"

	"github.com/sextant-dev/sextant/diag"
)

// grid aligns columns. Servers and files choose the contents of cells, so each is
// made one printable line here.
type grid struct{ w *tabwriter.Writer }

// newGrid begins one with its headings, none for no line of them.
func newGrid(w io.Writer, headings ...string) *grid {
	t := &grid{tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)}
	if len(headings) > 0 {
		t.row(headings...)
	}
	return t
}

// row adds a row; an empty cell is shown as "-".
func (t *grid) row(cells ...string) {
	shown := make([]string, len(cells))
	for i, cell := range cells {
		shown[i] = diag.PrintableLine(cell)
		if cell == "" {
			shown[i] = "-"
		}
	}
	io.WriteString(t.w, strings.Join(shown, "\t")+"\n") // flush returns what fails
}

func (t *grid) flush() error { return t.w.Flush() }
