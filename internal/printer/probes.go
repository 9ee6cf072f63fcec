package printer

import (
	"fmt"
	"io"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
)

// ProbeFormats are the formats of probes, the default first.
var ProbeFormats = []string{"table", "json"}

// probes is the JSON form of one cluster's probes.
type probes struct {
	ClusterName string          `json:"clusterName"`
	Probes      []cluster.Probe `json:"probes"`
}

// Probes writes what was asked of each cluster in one of [ProbeFormats].
func Probes(w io.Writer, format string, list *cluster.ClusterList) error {
	all := []probes{}
	for i := range list.Items {
		all = append(all, probes{list.Items[i].Name, cluster.Probes(&list.Items[i])})
	}
	if format == "json" {
		return JSON(w, all)
	}
	for i, c := range all {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if _, err := fmt.Fprintln(w, diag.PrintableLine(c.ClusterName)); err != nil {
			return err
		}
		t := newGrid(w)
		for _, p := range c.Probes {
			t.row("  "+string(p.State), p.Name, p.Finding)
			if p.Remedy != "" {
				t.row("  ", " ", "-> "+p.Remedy)
			}
		}
		if err := t.flush(); err != nil {
			return err
		}
	}
	return nil
}
