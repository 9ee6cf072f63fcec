package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

func newDoctorCommand(a *app) *cobra.Command {
	var script scriptFlags
	var format formatFlag
	cmd := &cobra.Command{
		Use:   "doctor [flags] [FILE] [-- ARGS]",
		Short: "Show what each cluster offers and refuses, and what to do",
		Long: `Doctor runs a script and prints, for each cluster, what was asked of it: ok, none
if the cluster does not have it, refused if this user may not ask, failed if
there was no answer. A line that starts with -> describes what to do.

Without a Clusterfile, it asks the cluster of the kubeconfig's current context. If
the script fails, for example since a cluster is down, it shows the clusters
declared until then. It exits with status 3 if a cluster is not connected, and with
status 1 if the script failed.`,
		Example: `  sextant doctor
  sextant doctor deploy/Clusterfile
  sextant doctor --kubeconfig ci.kubeconfig -o json`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			return cmp.Or(atMostOne(cmd, own, "FILE"), format.check())
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			return a.execute(cmd.Context(), scriptRun{flags: &script, file: first(own), args: forScript, orCurrent: true, diagnose: true}, func(run *dialect.Run) error {
				return printer.Probes(a.stdout, format.value, run.Clusters())
			})
		},
	}
	script.add(cmd)
	format.add(cmd, printer.ProbeFormats)
	return cmd
}
