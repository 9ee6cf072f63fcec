package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/cmd/sextant/internal/console"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/overdue"
)

// completingTime is how long a script may run to complete a name on the command line.
const completingTime = 2 * time.Second

// completer completes a word that a script declares. It is what cobra calls when a
// shell asks.
type completer struct {
	app    *app
	script *scriptFlags
	// takesFile is whether the first argument can name the script.
	takesFile bool
	// declared returns the words.
	declared func(run *dialect.Run) []string
}

// argument completes the first argument.
func (c completer) argument(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	// cobra completes with a -- of its own, so the command cannot tell where it is.
	if len(args) > 0 || slices.Contains(c.app.args, "--") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	return c.flag(cmd, nil, "")
}

// flag completes the value of a flag.
func (c completer) flag(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	file := ""
	if c.takesFile {
		file = first(args)
	}
	return c.words(cmd, file), cobra.ShellCompDirectiveNoFileComp
}

// words runs the script to its end or its failure, and returns what it declared until
// then. It connects to nothing, starts no program, and prints nothing: each cluster
// answers as one of which nothing is known, or as --clusters recorded it.
func (c completer) words(cmd *cobra.Command, file string) []string {
	if applyDefaults(cmd) != nil {
		return nil
	}
	flags := *c.script
	file = cmp.Or(file, flags.file)
	if flags.trust.untrusted || file == standardInput {
		return nil
	}
	flags.programs = programFlags{}
	flags.verbose = false
	flags.limits = limitFlags{time: timeLimit(completingTime), memory: defaultMemory}
	quiet := *c.app
	quiet.console = console.New(io.Discard)
	r := scriptRun{flags: &flags, file: file}
	if flags.clusters == "" {
		k := kube.New(kube.Options{Kubeconfig: flags.kubeconfig, Stderr: io.Discard})
		defer k.Close()
		r.watched = &connections{resolver: cluster.ResolverFunc(unasked), catalog: k}
	}
	s, err := quiet.prepare(cmd.Context(), &r)
	if err != nil {
		return nil
	}
	defer s.close()
	if err := s.execute(cmd.Context()); errors.As(err, new(*overdue.Error)) {
		return nil // it still runs
	}
	return c.declared(s.run)
}

// unasked answers as a cluster of which nothing is known, so that a script goes on.
func unasked(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	return cluster.Observed(req.Name, cluster.ClusterStatus{Arch: cluster.ArchUnknown}, time.Time{}).Wait(ctx)
}

// clusterNames returns the names of the clusters that a script declared.
func clusterNames(run *dialect.Run) []string {
	var names []string
	for _, d := range run.Declarations() {
		names = append(names, d.Name)
	}
	return names
}

// outputNames returns the names of what a script declared with output().
func outputNames(run *dialect.Run) []string {
	var names []string
	for _, o := range run.Outputs() {
		names = append(names, o.Name)
	}
	return names
}

// onlyFiles keeps shells from completing file names for flags and arguments that take
// something else: those that take a file are marked where they are defined.
func onlyFiles(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			_, known := cmd.GetFlagCompletionFunc(f.Name)
			_, file := f.Annotations[cobra.BashCompFilenameExt]
			_, dir := f.Annotations[cobra.BashCompSubdirsInDir]
			if !known && !file && !dir {
				completeFlag(cmd, f.Name, cobra.NoFileCompletions)
			}
		})
		switch cmd.Name() {
		case "image", "lsp", "version":
			cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}
