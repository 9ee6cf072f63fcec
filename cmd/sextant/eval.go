package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

func (a *app) evalCommand() *cobra.Command {
	var script scriptFlags
	var format formatFlag
	cmd := &cobra.Command{
		Use:   "eval [flags] [FILE] [-- ARGS]",
		Short: "Run a script and print its clusters with their statuses",
		Long: `Eval runs FILE, ./Clusterfile or else ./Tiltfile if none is named, and prints the clusters that it
declared as a ClusterList, in the order of declaration. What follows -- is for
the script's config.parse().

It ends with 3 where a cluster is not connected; its status.error says why.`,
		Example: `  sextant eval
  sextant eval -o yaml deploy/Clusterfile > clusters.yaml
  sextant eval --clusters clusters.yaml deploy/Clusterfile
  sextant eval -- --env=staging`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			return cmp.Or(atMostOne(cmd, own, "FILE"), format.check())
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			return a.execute(cmd.Context(), scriptRun{flags: &script, file: first(own), args: forScript}, func(run *dialect.Run) error {
				if len(run.Clusters().Items) == 0 {
					a.console.Printf("the script declares no cluster: add k8s_cluster() or docker_cluster()")
				}
				return printer.List(a.stdout, format.value, run.Clusters())
			})
		},
	}
	script.add(cmd)
	format.add(cmd, printer.ListFormats)
	return cmd
}

// first returns the first argument, "" for none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
