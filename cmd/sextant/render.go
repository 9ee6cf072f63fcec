package main

import (
	"bufio"
	"cmp"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

// errWouldChange ends render --check where rendering changes a text.
var errWouldChange = failure{errors.New("rendering changes images: see render --explain")}

func (a *app) renderCommand() *cobra.Command {
	var script scriptFlags
	var only string
	var explain, check bool
	cmd := &cobra.Command{
		Use:   "render [flags] [FILE] [-- ARGS]",
		Short: "Print the manifests of a script, their images named for the cluster",
		Long: `Render runs FILE, ./Clusterfile if none is named, and prints the manifests that it
gave to k8s_yaml(). Image names are changed to what the cluster pulls; every
other byte stays as it was.

Where a manifest is broken nothing is printed.`,
		Example: `  sextant render | kubectl apply -f -
  sextant render --cluster staging deploy/Clusterfile
  sextant render --explain    # which images were found, and what they become
  sextant render --check      # ends with 1 where something would change`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			return cmp.Or(atMostOne(cmd, own, "FILE"), apart(cmd, "explain", "check"))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			var found []builtins.FoundImage
			return a.execute(cmd.Context(), scriptRun{
				flags: &script, file: first(own), args: forScript,
				options: func(o *builtins.Options) {
					if explain {
						o.OnImage = func(f builtins.FoundImage) { found = append(found, f) }
					}
				},
			}, func(run *dialect.Run) error {
				switch {
				case explain:
					return printer.FoundImages(a.stdout, found, only)
				case check:
					changed, err := run.Changed(only)
					if err == nil && changed {
						err = errWouldChange
					}
					return err
				}
				return render(a.raw, run.Run, only)
			})
		},
	}
	script.add(cmd)
	cmd.Flags().StringVar(&only, "cluster", "", "the cluster whose manifests to print; needed where there are several")
	cmd.Flags().BoolVar(&explain, "explain", false, "print a table of the images found, matched, and their names")
	cmd.Flags().BoolVar(&check, "check", false, "print nothing and end with 1 where an image would change")
	return cmd
}

func render(w io.Writer, run *builtins.Run, cluster string) error {
	buffered := bufio.NewWriterSize(w, 128<<10)
	if err := run.Render(buffered, cluster); err != nil {
		return err
	}
	return buffered.Flush()
}
