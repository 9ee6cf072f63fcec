package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// variable is the environment variable that sets a flag: SEXTANT_MAX_STEPS sets
// --max-steps.
func variable(flag string) string {
	return "SEXTANT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// withDefaults makes every command below root take --chdir and the variables of
// its flags before it looks at its arguments.
func withDefaults(root *cobra.Command) {
	var dir string
	root.PersistentFlags().StringVarP(&dir, "chdir", "C", "", "go to this folder first; paths of other flags and arguments are relative to it")
	if err := root.MarkPersistentFlagDirname("chdir"); err != nil {
		panic(err) // the flag is defined above
	}
	var wrap func(*cobra.Command)
	wrap = func(cmd *cobra.Command) {
		check := cmd.Args
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if dir != "" {
				if err := os.Chdir(dir); err != nil {
					return usagef("-C: %w", err)
				}
			}
			if err := setFromVariables(cmd); err != nil {
				return err
			}
			if check == nil {
				return nil
			}
			return check(cmd, args)
		}
		for _, child := range cmd.Commands() {
			wrap(child)
		}
	}
	wrap(root)
}

// setFromVariables sets each flag that the command line does not have and the
// environment does. An empty variable counts as none.
func setFromVariables(cmd *cobra.Command) error {
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := os.Getenv(variable(f.Name))
		if value == "" || f.Changed || f.Name == "help" || f.Name == "chdir" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			var invalid *pflag.InvalidValueError
			if errors.As(err, &invalid) {
				errs = append(errs, usagef("%s=%s: %s", variable(f.Name), value, wanted(invalid)))
				return
			}
			errs = append(errs, usagef("%s: %w", variable(f.Name), err))
		}
	})
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}
