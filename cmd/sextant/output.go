package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
	"github.com/sextant-dev/sextant/internal/suggest"
)

func newOutputCommand(a *app) *cobra.Command {
	var script scriptFlags
	var format formatFlag
	var prefix string
	cmd := &cobra.Command{
		Use:   "output [flags] [NAME] [FILE] [-- ARGS]",
		Short: "Run a script and print what it declared with output()",
		Long: `Output runs a script and prints what it declared with output(name, value). With
NAME, it prints that value alone, without a line end: a string as it is, anything
else as JSON. The script is FILE, or what -f names, or ./Clusterfile.

Four formats set variables: env for a shell to evaluate, dotenv for .env files as
the npm package reads them, make for a makefile to include, and github for
$GITHUB_OUTPUT and $GITHUB_ENV. Characters that a variable's name cannot have
become _. --prefix goes before each name; without one, no output can set a variable
such as PATH or LD_PRELOAD, which changes what programs do.

If anything is wrong, -o env prints false, and the reason to standard error, so
that a shell with set -e stops at: eval "$(sextant output -o env)"`,
		Example: `  sextant output
  eval "$(sextant output -o env --prefix SHOP_)"
  sextant output -o github --prefix SHOP_ >> "$GITHUB_OUTPUT"
  docker build -t "$(sextant output push_name)" .
  sextant output -f deploy/Clusterfile -- --env=staging`,
		Args: func(cmd *cobra.Command, args []string) error {
			if own, _ := scriptArgs(cmd, args); len(own) > 2 || len(own) == 2 && script.file != "" {
				return usagef("output takes one NAME and one FILE, as an argument or with -f, got %q", own)
			}
			if prefix != "" && !printer.IsVariables(format.value) {
				return usagef("--prefix is for the formats that set variables: add -o env, dotenv, make or github")
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
			var out bytes.Buffer
			err := a.execute(cmd.Context(), scriptRun{flags: &script, args: forScript}, func(run *dialect.Run) error {
				return printOutputs(&out, run.Outputs(), name, format.value, prefix, cmd.Flags().Changed("output"))
			})
			if err != nil && printer.IsVariables(format.value) {
				return err // half of the variables would be taken for all
			}
			to := a.stdout
			if name != "" && !cmd.Flags().Changed("output") {
				to = a.raw
			}
			if _, failed := to.Write(out.Bytes()); failed != nil {
				return cmp.Or(err, failed)
			}
			return err
		},
	}
	script.add(cmd)
	format.add(cmd, printer.OutputFormats)
	cmd.Flags().StringVar(&prefix, "prefix", "", "a prefix for the name of each variable, such as SHOP_")
	return cmd
}

// evaluated reports whether a command line is one whose standard output a shell
// evaluates. It has to know of one that cannot be parsed too.
func evaluated(root *cobra.Command, args []string) bool {
	cmd, _, err := root.Find(args)
	if err != nil || cmd.Name() != "output" {
		return false
	}
	format := os.Getenv(variable("output"))
	for i, arg := range args {
		name, value, equals := strings.Cut(arg, "=")
		switch {
		case arg == "--":
			return format == "env"
		case (name == "-o" || name == "--output") && equals:
			format = value
		case (arg == "-o" || arg == "--output") && i+1 < len(args):
			format = args[i+1]
		case strings.HasPrefix(arg, "-o") && arg != "-o":
			format = strings.TrimPrefix(arg, "-o")
		}
	}
	return format == "env"
}

// printOutputs prints all outputs, or the one of a name: raw, unless a format
// was asked for.
func printOutputs(w io.Writer, outputs []builtins.Output, name, format, prefix string, asked bool) error {
	if name == "" {
		return printer.Outputs(w, format, prefix, outputs)
	}
	var names []string
	for _, o := range outputs {
		switch {
		case o.Name != name:
			names = append(names, o.Name)
		case !asked:
			return printer.Raw(w, o.JSON)
		case printer.IsVariables(format):
			return printer.Outputs(w, format, prefix, []builtins.Output{o})
		default:
			return printer.Value(w, format, o.JSON)
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("the script declares no output %q, and no other: add output(%q, value)", name, name)
	}
	return fmt.Errorf("the script declares no output %q%s", name, suggest.OrOneOf(name, names))
}
