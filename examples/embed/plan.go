package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// printPlan writes the services as a table, in the order of their declaration.
func printPlan(w io.Writer, all []service) error {
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "CLUSTER\tSERVICE\tREPLICAS\tMEMORY\tPLATFORM\tPUSH\tPULL")
	for _, s := range all {
		fmt.Fprintf(table, "%s\t%s\t%d\t%d MB\t%s\t%s\t%s\n",
			s.Cluster, s.Name, s.Size.Replicas, s.Size.MemoryMB, s.Platform, s.Push, s.Pull)
	}
	return table.Flush()
}
