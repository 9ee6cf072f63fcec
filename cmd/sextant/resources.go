package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

func newResourcesCommand(a *app) *cobra.Command {
	var script scriptFlags
	var format formatFlag
	cmd := &cobra.Command{
		Use:   "resources [flags] [FILE] [-- ARGS]",
		Short: "Print the resources of a Tiltfile and what they wait for",
		Long: `Resources runs FILE, by default ./Tiltfile, and prints its resources: the
workloads of its manifests, the services of its compose files, and what
local_resource() and k8s_custom_deploy() declare. Nothing is started. Resources
that wait for each other in a cycle are an error.

-o dot prints a graph for Graphviz: arrows point to what a resource waits for.`,
		Example: `  sextant resources
  sextant resources -o json deploy/Tiltfile
  sextant resources -o dot | dot -Tsvg > resources.svg`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			return cmp.Or(atMostOne(cmd, own, "FILE"), format.check())
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			return a.execute(cmd.Context(), scriptRun{flags: &script, file: tiltfileOrDefault(own), args: forScript}, func(run *dialect.Run) error {
				tilt, err := ofTiltfile(run)
				if err != nil {
					return err
				}
				return printer.Resources(a.stdout, format.value, tilt.Resources())
			})
		},
	}
	script.add(cmd)
	format.add(cmd, printer.ResourceFormats)
	return cmd
}
