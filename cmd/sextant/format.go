package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

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
