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

// outputFlags are the flags of the output command.
type outputFlags struct {
	script scriptFlags
	format formatFlag
	prefix string
}

func newOutputCommand(a *app) *cobra.Command {
	var f outputFlags
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
		Args:              f.check,
		ValidArgsFunction: completer{a, &f.script, false, outputNames}.argument,
		RunE:              func(cmd *cobra.Command, args []string) error { return f.run(a, cmd, args) },
	}
	f.script.add(cmd)
	f.format.add(cmd, printer.OutputFormats)
	cmd.Flags().StringVar(&f.prefix, "prefix", "", "a prefix for the name of each variable, such as SHOP_")
	return cmd
}

func (f *outputFlags) check(cmd *cobra.Command, args []string) error {
	if own, _ := scriptArgs(cmd, args); len(own) > 2 || len(own) == 2 && f.script.file != "" {
		return usagef("output takes one NAME and one FILE, as an argument or with -f, got %q", own)
	}
	if f.prefix != "" && !printer.IsVariables(f.format.value) {
		return usagef("--prefix is for the formats that set variables: add -o env, dotenv, make or github")
	}
	return f.format.check()
}

// run runs the script and prints its outputs.
func (f *outputFlags) run(a *app, cmd *cobra.Command, args []string) error {
	own, forScript := scriptArgs(cmd, args)
	name := first(own)
	if len(own) == 2 {
		f.script.file = own[1]
	}
	if f.script.file == "" && isFile(name) && !isFile(defaultScript) {
		return usagef("no file %s%s", defaultScript, takenAsName(name))
	}
	raw := name != "" && !cmd.Flags().Changed("output")
	var out bytes.Buffer
	err := a.execute(cmd.Context(), scriptRun{flags: &f.script, args: forScript}, func(run *dialect.Run) error {
		if name == "" {
			return printer.Outputs(&out, f.format.value, f.prefix, run.Outputs())
		}
		return f.one(&out, run.Outputs(), name, raw)
	})
	if err != nil && printer.IsVariables(f.format.value) {
		return err // half of the variables would be taken for all
	}
	to := a.stdout
	if raw {
		to = a.raw
	}
	if _, failed := to.Write(out.Bytes()); failed != nil {
		return cmp.Or(err, failed)
	}
	return err
}

// takenAsName is what to do about a script that was taken as the NAME of an output.
func takenAsName(file string) string {
	quoted := builtins.ShellQuote(file)
	return fmt.Sprintf(": %s was taken as the NAME of an output; to name the script: sextant output -f %s, or sextant output NAME %s", file, quoted, quoted)
}

// one prints the output of a name: raw, or in the format.
func (f *outputFlags) one(w io.Writer, outputs []builtins.Output, name string, raw bool) error {
	var names []string
	for _, o := range outputs {
		switch {
		case o.Name != name:
			names = append(names, o.Name)
		case raw:
			return printer.Raw(w, o.JSON)
		case printer.IsVariables(f.format.value):
			return printer.Outputs(w, f.format.value, f.prefix, []builtins.Output{o})
		default:
			return printer.Value(w, f.format.value, o.JSON)
		}
	}
	if f.script.file == "" && isFile(name) {
		return fmt.Errorf("the script declares no output %q%s", name, takenAsName(name))
	}
	if len(names) == 0 {
		return fmt.Errorf("the script declares no output %q, and no other: add output(%q, value)", name, name)
	}
	return fmt.Errorf("the script declares no output %q%s", name, suggest.OrOneOf(name, names))
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
