package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// The files that init writes.
const (
	recordingName = "clusters.yaml"
	goldenName    = "want.outputs.json"
)

func newInitCommand(a *app) *cobra.Command {
	var script scriptFlags
	var contexts []string
	cmd := &cobra.Command{
		Use:   "init [flags] [DIR]",
		Short: "Write a first Clusterfile, its recording and its test",
		Long: `Init writes a Clusterfile for the contexts of the kubeconfig that --context names,
by default the current one, or for the Docker daemon if there is none. It then
connects, and writes what it saw to clusters.yaml and what the script declares to
want.outputs.json: together a golden test, which sextant test runs offline.

It writes into DIR, by default the current folder, and replaces nothing. If a
cluster does not answer, it writes only the Clusterfile and exits with status 3.`,
		Example: `  sextant init
  sextant init --context kind-dev --context prod deploy`,
		Args: func(cmd *cobra.Command, args []string) error { return atMostOne(cmd, args, "DIR") },
		RunE: func(cmd *cobra.Command, args []string) error {
			return script.init(cmd.Context(), a, cmp.Or(first(args), "."), contexts)
		},
	}
	cmd.Flags().StringVar(&script.kubeconfig, "kubeconfig", "", "the kubeconfig to read; by default KUBECONFIG, then ~/.kube/config, then the pod's service account")
	takeFile(cmd, "kubeconfig")
	cmd.Flags().DurationVar(&script.timeout, "timeout", cluster.DefaultTimeout, "the deadline for each cluster")
	cmd.Flags().StringArrayVar(&contexts, "context", nil, "a context to declare a cluster for; may be repeated")
	completeFlag(cmd, "context", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		if applyDefaults(cmd) != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return contextsOf(script.kubeconfig), cobra.ShellCompDirectiveNoFileComp
	})
	script.limits.steps = 1_000_000
	script.limits.memory, script.limits.time = defaultMemory, defaultTime
	return cmd
}

// init writes the first files of a project.
func (f *scriptFlags) init(ctx context.Context, a *app, dir string, contexts []string) error {
	path := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{defaultScript, recordingName, goldenName} {
		if _, err := os.Lstat(path(name)); err == nil {
			return usagef("%s exists, and init replaces nothing", path(name))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return failure{err}
		}
	}
	contexts, err := f.chosen(ctx, a.console, contexts)
	if err != nil {
		return err
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return failure{err}
	}
	write := func(name string, data []byte) error {
		if err := atomicfile.Write(path(name), data, 0o644); err != nil {
			return failure{err}
		}
		_, err := fmt.Fprintln(a.stdout, diag.PrintableLine(path(name)))
		return err
	}
	if err := write(defaultScript, []byte(firstScript(imageName(filepath.Base(absolute)), contexts))); err != nil {
		return err
	}
	err = a.execute(ctx, scriptRun{flags: f, file: path(defaultScript)}, func(run *dialect.Run) error {
		var recording, outputs bytes.Buffer
		if err := errors.Join(printer.List(&recording, "yaml", run.Clusters()), printer.Outputs(&outputs, "json", "", run.Outputs())); err != nil {
			return err
		}
		if err := write(recordingName, recording.Bytes()); err != nil {
			return err
		}
		if err := write(goldenName, outputs.Bytes()); err != nil {
			return err
		}
		a.console.Printf("next: sextant test %s", dir)
		return nil
	})
	if down := (*builtins.NotReadyError)(nil); errors.As(err, &down) {
		a.console.Printf("error: %v", down)
		a.console.Printf("nothing is recorded; when the cluster answers, run: sextant eval -o yaml %s > %s && touch %s && sextant test --update %s",
			path(defaultScript), path(recordingName), path(goldenName), dir)
		return errNotConnected
	}
	return err
}

// chosen checks the contexts that the user named, or returns the current one.
func (f *scriptFlags) chosen(ctx context.Context, stderr io.Writer, contexts []string) ([]string, error) {
	live, err := f.connect(ctx, stderr)
	if err != nil {
		return nil, err
	}
	defer live.close()
	known, err := live.catalog.Contexts()
	if err != nil {
		return nil, failure{err}
	}
	for _, name := range contexts {
		if !slices.Contains(known, name) {
			return nil, usagef("--context %s: not found in the kubeconfig%s", name, suggest.DidYouMean(name, known))
		}
	}
	if len(contexts) > 0 {
		return contexts, nil
	}
	current, _, err := live.catalog.CurrentContext()
	if err != nil {
		return nil, failure{err}
	}
	if current == "" {
		return nil, nil
	}
	return []string{current}, nil
}

// firstScript is a Clusterfile that names one image for each cluster.
func firstScript(image string, contexts []string) string {
	var b strings.Builder
	b.WriteString("# The clusters of this project. Sextant connects to them, and the script reads\n# what they are. sextant doc lists what a script can call.\n")
	if len(contexts) == 0 {
		b.WriteString("clusters = [docker_cluster()]\n")
	} else {
		b.WriteString("clusters = [\n")
		for _, name := range contexts {
			fmt.Fprintf(&b, "    k8s_cluster(%s),\n", strconv.Quote(name))
		}
		b.WriteString("]\n")
	}
	fmt.Fprintf(&b, `
# The names of one image: to push from this machine, and to write into manifests.
for cluster in clusters:
    image = cluster.image(%q, tag = "dev")
    output(cluster.name, {"push": image.local, "pull": image.cluster, "arch": cluster.status.arch})
`, image)
	return b.String()
}

// imageName makes a valid image name of a folder's name.
func imageName(folder string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, folder)
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '-' }), "-")
	return cmp.Or(name, "app")
}
