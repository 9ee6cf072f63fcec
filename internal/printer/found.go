package printer

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/sextant-dev/sextant/builtins"
)

// FoundImages writes a table of the images in manifests: where each was found,
// whether it was the script's to change, and what it becomes. A cluster other
// than "" leaves out the rest.
func FoundImages(w io.Writer, found []builtins.FoundImage, cluster string) error {
	t := tabwriter.NewWriter(w, 0, 8, 3, ' ', 0)
	fmt.Fprintln(t, "CLUSTER\tPLACE\tOBJECT\tIMAGE\tMATCHED\tLOCAL\tCLUSTER")
	for i := range found {
		f := &found[i]
		if cluster != "" && cluster != f.Cluster {
			continue
		}
		object := "-"
		if f.Object.Kind != "" {
			object = f.Object.Kind + "/" + f.Object.Name
		}
		matched := "no"
		if f.Matched {
			matched = "yes"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Cluster, f.Position, object, f.Text, matched, dash(f.Local), f.Becomes)
	}
	return t.Flush()
}
