package main

import (
	"cmp"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

func newImageCommand(a *app) *cobra.Command {
	var script scriptFlags
	var format formatFlag
	var only string
	var repositories bool
	cmd := &cobra.Command{
		Use:   "image [flags] REF... [-- ARGS]",
		Short: "Show the names an image has on each cluster, and why",
		Long: `Image runs a script and prints, for each REF and each cluster, the name to push
from this machine (LOCAL), the name that the cluster's container runtime pulls
(CLUSTER), the name that pods use (NETWORK), and the rule that made them. Render
writes the same names into a manifest that has REF: an image that the script
declares with a tag gets that tag.

Without a Clusterfile, it asks the cluster of the kubeconfig's current context.

--repositories prints the repositories that the images of the script and the REFs
are pushed to, one per line, for registries where they must exist before a push.`,
		Example: `  sextant image busybox
  sextant image gcr.io/team/api:v1 --cluster staging
  sextant image -f deploy/Clusterfile -o json team/api
  sextant image --repositories --cluster prod`,
		Args: func(cmd *cobra.Command, args []string) error {
			if own, _ := scriptArgs(cmd, args); len(own) == 0 && !repositories {
				return usagef("image takes at least one REF, such as gcr.io/team/api:v1")
			}
			return cmp.Or(apart(cmd, "repositories", "output"), format.check())
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			refs, forScript := scriptArgs(cmd, args)
			return a.execute(cmd.Context(), scriptRun{
				flags: &script, args: forScript, orCurrent: true,
				options: func(o *builtins.Options) { o.Explain, o.Cluster = refs, clusterName(only) },
			}, func(run *dialect.Run) error {
				if repositories {
					for _, name := range run.Repositories() {
						if _, err := fmt.Fprintln(a.stdout, name); err != nil {
							return err
						}
					}
					return nil
				}
				return printer.Explanations(a.stdout, format.value, run.Explanations())
			})
		},
	}
	script.add(cmd)
	format.add(cmd, printer.ExplanationFormats)
	cmd.Flags().StringVar(&only, "cluster", "", "only the cluster with this name; by default all")
	completeFlag(cmd, "cluster", completer{a, &script, false, clusterNames}.flag)
	cmd.Flags().BoolVar(&repositories, "repositories", false, "print the repositories that must exist before a push")
	return cmd
}
