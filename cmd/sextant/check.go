package main

import (
	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/scripttest"
	"github.com/sextant-dev/sextant/starlark"
)

func (a *app) checkCommand() *cobra.Command {
	var root string
	cmd := &cobra.Command{
		Use:   "check [flags] [FILE]",
		Short: "Find the mistakes of a script without running it",
		Long: `Check reads FILE and every file that it loads, and reports each syntax error and
each name that nothing defines. It runs nothing and connects to nothing. A
*_test.star file has the module assert, as sextant test gives it.`,
		Example: `  sextant check
  sextant check deploy/Clusterfile`,
		Args: func(cmd *cobra.Command, args []string) error { return atMostOne(cmd, args, "FILE") },
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkRoot(root); err != nil {
				return err
			}
			file, err := openScript(first(args), root)
			if err != nil {
				return err
			}
			defer file.close()
			engine := starlark.Engine{Files: file.files}
			return a.work(cmd.Context(), func(func(error)) error {
				return engine.Check(cmd.Context(), file.name, append(builtins.Names(), scripttest.Names(file.name)...))
			})
		},
	}
	cmd.Flags().StringVar(&root, "root", "", "the folder that scripts cannot leave; without it the folder of FILE")
	return cmd
}
