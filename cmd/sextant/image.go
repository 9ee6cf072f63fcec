package main

import (
	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

func (a *app) imageCommand() *cobra.Command {
	var script scriptFlags
	var format formatFlag
	var file, only string
	cmd := &cobra.Command{
		Use:   "image [flags] REF... [-- ARGS]",
		Short: "Show the names an image has on each cluster, and why",
		Long: `Image runs a script and prints, for each REF and each cluster, the name to push
from this machine (LOCAL), the name the cluster's container runtime pulls
(CLUSTER), the name pods use (NETWORK), and the rule that made them.

Where there is no Clusterfile and none is named, it asks the cluster of the
kubeconfig's current context.`,
		Example: `  sextant image busybox
  sextant image gcr.io/team/api:v1 --cluster staging
  sextant image -f deploy/Clusterfile -o json team/api`,
		Args: func(cmd *cobra.Command, args []string) error {
			if own, _ := scriptArgs(cmd, args); len(own) == 0 {
				return usagef("image takes at least one REF, such as gcr.io/team/api:v1")
			}
			return format.check()
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			refs, forScript := scriptArgs(cmd, args)
			return a.execute(cmd.Context(), scriptRun{
				flags: &script, file: file, args: forScript, orCurrent: true,
				options: func(o *builtins.Options) { o.Explain, o.ExplainCluster = refs, only },
			}, func(run *dialect.Run) error {
				return printer.Explanations(a.stdout, format.value, run.Explanations())
			})
		},
	}
	script.add(cmd)
	format.add(cmd, printer.ExplanationFormats)
	cmd.Flags().StringVarP(&file, "file", "f", "", "the script; without it ./Clusterfile")
	cmd.Flags().StringVar(&only, "cluster", "", "only the cluster of this name; without it all")
	return cmd
}
