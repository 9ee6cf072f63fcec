package printer

import (
	"fmt"
	"io"

	"github.com/sextant-dev/sextant/builtins"
)

// FoundImages writes a table of the images in manifests: where each was found,
// whether it was the script's to change, and what it becomes; and of strings that
// look like images and that no rule covers. A cluster other than "" leaves out the
// rest.
func FoundImages(w io.Writer, found []builtins.FoundImage, cluster string) error {
	t := newGrid(w, "CLUSTER", "PLACE", "OBJECT", "IMAGE", "MATCHED", "LOCAL", "CLUSTER")
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
		switch {
		case f.Matched:
			matched = "yes"
		case f.Uncovered:
			matched = "no rule"
		}
		t.row(f.Cluster, fmt.Sprint(f.Position), object, f.Text, matched, f.Local, f.Becomes)
	}
	return t.flush()
}
