package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
	"github.com/sextant-dev/sextant/internal/suggest"
)

func (a *app) outputCommand() *cobra.Command {
	var script scriptFlags
	var format formatFlag
	cmd := &cobra.Command{
		Use:   "output [flags] [NAME] [FILE] [-- ARGS]",
		Short: "Run a script and print what it declared with output()",
		Long: `Output runs a script and prints what it declared with output(name, value): all of
it, or with NAME that value alone: a text as it is, anything else as JSON. The
script is FILE, or what -f names, or ./Clusterfile.

-o env prints lines that a shell can evaluate. A character that no variable may
have becomes _ there.`,
		Example: `  sextant output
  eval "$(sextant output -o env)"
  docker build -t "$(sextant output push_name)" .
  sextant output -f deploy/Clusterfile -- --env=staging`,
		Args: func(cmd *cobra.Command, args []string) error {
			if own, _ := scriptArgs(cmd, args); len(own) > 2 || len(own) == 2 && script.file != "" {
				return usagef("output takes one NAME and one FILE, as an argument or with -f, got %q", own)
			}
			return format.check()
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			name := first(own)
			if len(own) == 2 {
				script.file = own[1]
			}
			if script.file == "" && isFile(name) && !isFile(defaultScript) {
				quoted := builtins.ShellQuote(name)
				return usagef("no file %s: %s was taken as the NAME of an output; to name the script: sextant output -f %s, or sextant output NAME %s",
					defaultScript, name, quoted, quoted)
			}
			return a.execute(cmd.Context(), scriptRun{flags: &script, args: forScript}, func(run *dialect.Run) error {
				return a.printOutputs(run.Outputs(), name, format.value, cmd.Flags().Changed("output"))
			})
		},
	}
	script.add(cmd)
	format.add(cmd, printer.OutputFormats)
	return cmd
}

// printOutputs prints all outputs, or the one of a name: raw, unless a format
// was asked for.
func (a *app) printOutputs(outputs []builtins.Output, name, format string, asked bool) error {
	if name == "" {
		return printer.Outputs(a.stdout, format, outputs)
	}
	var names []string
	for _, o := range outputs {
		switch {
		case o.Name != name:
			names = append(names, o.Name)
		case !asked:
			return printer.Raw(a.raw, o.JSON)
		case format == "env":
			return printer.Outputs(a.stdout, format, []builtins.Output{o})
		default:
			return printer.Value(a.stdout, format, o.JSON)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("the script declares no output %q, and no other: add output(%q, value)", name, name)
	}
	return fmt.Errorf("the script declares no output %q%s", name, suggest.OrOneOf(name, names))
}

// formatFlag is -o: one of some formats, of which the first is the default.
type formatFlag struct {
	value   string
	formats []string
}

func (f *formatFlag) add(cmd *cobra.Command, formats []string) {
	f.formats = formats
	cmd.Flags().StringVarP(&f.value, "output", "o", formats[0], "the format: "+strings.Join(formats, ", "))
	err := cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag is defined above
	}
}

func (f *formatFlag) check() error {
	if !slices.Contains(f.formats, f.value) {
		return usagef("-o %s: want one of %s", f.value, strings.Join(f.formats, ", "))
	}
	return nil
}
