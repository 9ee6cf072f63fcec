package main

import (
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

func newEvalCommand(a *app) *cobra.Command {
	var script scriptFlags
	var format formatFlag
	var list *printer.ListFormat // that of format, parsed
	var noHeaders bool
	cmd := &cobra.Command{
		Use:   "eval [flags] [FILE] [-- ARGS]",
		Short: "Run a script and print its clusters with their statuses",
		Long: `Eval runs FILE, by default ./Clusterfile or else ./Tiltfile, and prints the
clusters that it declared as a ClusterList, in the order of declaration. The
script's config.parse() reads what follows --.

-o jsonpath=TEMPLATE and -o custom-columns=HEADER:FIELD,... work as in kubectl. A
table has colors on a terminal, unless NO_COLOR is set.

Eval exits with status 3 if a cluster is not connected; status.error has the reason.`,
		Example: `  sextant eval
  sextant eval -o yaml deploy/Clusterfile > clusters.yaml
  sextant eval --clusters clusters.yaml deploy/Clusterfile
  sextant eval -o custom-columns=NAME:.metadata.name,ARCH:.status.arch
  sextant eval -o jsonpath='{.items[0].status.version}'
  sextant eval -- --env=staging`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			if err := atMostOne(cmd, own, "FILE"); err != nil {
				return err
			}
			parsed, err := printer.ParseListFormat(format.value)
			if err != nil {
				return usageError{err}
			}
			list = parsed
			list.NoHeaders = noHeaders
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			return a.execute(cmd.Context(), scriptRun{flags: &script, file: first(own), args: forScript}, func(run *dialect.Run) error {
				if len(run.Clusters().Items) == 0 {
					hint := "add k8s_cluster() or docker_cluster()"
					if run.Tiltfile != nil {
						hint = "it passes no manifests to k8s_yaml(); see sextant resources"
					}
					a.console.Printf("the script declares no cluster: %s", hint)
				}
				if list.Color = colored(a.raw); list.Color && (format.value == "table" || format.value == "wide") {
					return list.Print(a.raw, run.Clusters()) // its cells are printable, and its colors are to stay
				}
				return list.Print(a.stdout, run.Clusters())
			})
		},
	}
	script.add(cmd)
	format.add(cmd, printer.ListFormats)
	cmd.Flags().BoolVar(&noHeaders, "no-headers", false, "omit the header line of a table")
	return cmd
}

// colored reports whether output is to have colors: https://no-color.org.
func colored(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
