package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/internal/nearest"
)

// usageError is a mistake in the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// noArgs refuses any argument.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, got %q", cmd.Name(), args[0])
	}
	return nil
}

// atMostOne refuses more than one argument, which the command's usage calls
// what.
func atMostOne(cmd *cobra.Command, args []string, what string) error {
	if len(args) > 1 {
		return usagef("%s takes one %s, got %d", cmd.Name(), what, len(args))
	}
	return nil
}

// apart refuses two flags that contradict each other.
func apart(cmd *cobra.Command, one, other string) error {
	if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
		return usagef("--%s and --%s do not go together", one, other)
	}
	return nil
}

// noCommand refuses a name that is no command below parent.
func noCommand(parent *cobra.Command, name string) error {
	return usagef("no command %q%s; see %s --help", name, nearest.DidYouMean(name, commandNames(parent)), parent.CommandPath())
}

func commandNames(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return names
}

// flagError says what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &invalid):
		return usagef("--%s %s: %s", invalid.GetFlag().Name, cmp.Or(invalid.GetValue(), `""`), wanted(invalid))
	case errors.As(err, &missing):
		return usagef("--%s needs a value; see %s --help", missing.GetFlag().Name, cmd.CommandPath())
	}
	return usagef("%w%s; see %s --help", err, meantFlag(cmd, err), cmd.CommandPath())
}

// wanted says what a flag takes: in the words of the flag's own type where it is
// one of ours.
func wanted(err *pflag.InvalidValueError) string {
	var own usageError
	if errors.As(err, &own) {
		return own.Error()
	}
	switch err.GetFlag().Value.Type() {
	case "int", "uint64":
		return "want a whole number, 0 or more"
	case "bool":
		return "want true, false, or the flag alone for true"
	case "duration":
		return "want a duration such as 500ms, 10s or 2m"
	}
	return err.Unwrap().Error()
}

// meantFlag suggests a flag where err is about one that there is not.
func meantFlag(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return ""
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return nearest.DidYouMean("--"+unknown.GetSpecifiedName(), names)
}
