package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/internal/printer"
)

func newDocCommand(a *app) *cobra.Command {
	var format formatFlag
	cmd := &cobra.Command{
		Use:   "doc [flags] [NAME]",
		Short: "Explain the functions and attributes that Sextant adds to Starlark",
		Long: `Doc prints every function that Sextant adds to Starlark or, with NAME, one function,
one attribute, one type with its attributes and methods, or one module with its
functions. Starlark's own functions, and math, time and struct, are those of
go.starlark.net. -o stubs prints Python stubs, for checkers and editors that read
them.`,
		Example: `  sextant doc
  sextant doc k8s_cluster
  sextant doc Cluster
  sextant doc -o markdown > builtins.md
  sextant doc -o stubs > sextant.pyi`,
		Args: func(cmd *cobra.Command, args []string) error {
			return cmp.Or(atMostOne(cmd, args, "NAME"), format.check())
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return printer.ReferenceNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return printer.Reference(a.stdout, format.value)
			}
			if err := printer.Entry(a.stdout, args[0]); err != nil {
				return usageError{err}
			}
			return nil
		},
	}
	format.add(cmd, printer.ReferenceFormats)
	return cmd
}
