package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/printer"
)

// errWouldChange is the result of render --check if rendering changes a manifest.
var errWouldChange = failure{errors.New("rendering changes images: see render --explain")}

// errNoManifests is the failure of a script that has nothing to render.
var errNoManifests = failure{errors.New("the script has no manifests: add k8s_yaml()")}

// renderFlags are the flags of the render command.
type renderFlags struct {
	script scriptFlags
	// cluster is the name of the only cluster to print for, "" if there is one.
	cluster string
	// dir is the folder to write to, "" for standard output.
	dir string
	// explain and check print no manifests.
	explain, check bool
}

func newRenderCommand(a *app) *cobra.Command {
	var f renderFlags
	cmd := &cobra.Command{
		Use:   "render [flags] [FILE] [-- ARGS]",
		Short: "Print the manifests of a script with images named for the cluster",
		Long: `Render runs FILE, by default ./Clusterfile or else ./Tiltfile, and prints the
manifests that it passed to k8s_yaml(). Image names are changed to what the cluster
pulls; every other byte stays as it was.

Nothing is printed if a manifest is broken. --output-dir writes one file per
cluster, CLUSTER.yaml: all of them, or none if anything is wrong. With --cluster,
the command does not wait for the other clusters, and they cannot fail it.

To apply manifests to their cluster, use sextant apply.`,
		Example: `  sextant render --cluster staging deploy/Clusterfile
  sextant render --cluster prod | sextant exec prod -- kubectl diff -f -
  sextant render --output-dir rendered
  sextant render --explain    # which images were found, and what they become
  sextant render --check      # exits with status 1 if something would change`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			return cmp.Or(atMostOne(cmd, own, "FILE"), apart(cmd, "explain", "check"),
				apart(cmd, "output-dir", "explain"), apart(cmd, "output-dir", "check"))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			f.cluster = clusterName(f.cluster)
			return f.render(cmd.Context(), a, first(own), forScript)
		},
	}
	f.script.add(cmd)
	cmd.Flags().StringVar(&f.cluster, "cluster", "", "the cluster whose manifests to print; required if there are several")
	completeFlag(cmd, "cluster", completer{a, &f.script, true, clusterNames}.flag)
	cmd.Flags().StringVar(&f.dir, "output-dir", "", "write one file per cluster, CLUSTER.yaml, into this folder, and print nothing")
	takeFolder(cmd, "output-dir")
	cmd.Flags().BoolVar(&f.explain, "explain", false, "print a table of the images found and what they become")
	cmd.Flags().BoolVar(&f.check, "check", false, "print nothing and exit with status 1 if an image would change")
	return cmd
}

// render runs a script and prints what the flags ask for.
func (f *renderFlags) render(ctx context.Context, a *app, file string, args []string) error {
	var found []builtins.FoundImage
	script := scriptRun{
		flags: &f.script, file: file, args: args,
		options: func(o *builtins.Options) {
			o.Cluster = f.cluster
			if f.explain {
				o.OnImage = func(image builtins.FoundImage) { found = append(found, image) }
			}
		},
	}
	return a.execute(ctx, script, func(run *dialect.Run) error {
		switch {
		case f.explain:
			return printer.FoundImages(a.stdout, found, f.cluster)
		case f.check:
			changed, err := run.Changed(f.cluster)
			if err == nil && changed {
				err = errWouldChange
			}
			return err
		case f.dir != "":
			return renderFiles(f.dir, run.Run, f.cluster)
		}
		return render(a.raw, run.Run, f.cluster)
	})
}

// renderFiles writes the manifests of each cluster into a folder, which is made if
// it is not there; a cluster other than "" leaves out the rest.
func renderFiles(dir string, run *builtins.Run, cluster string) (err error) {
	names := run.Rendered()
	if cluster != "" {
		names = []string{cluster}
	}
	var files []atomicfile.File
	for _, name := range names {
		files = append(files, atomicfile.File{Name: name + ".yaml", Write: func(w io.Writer) error { return render(w, run, name) }})
	}
	if len(files) == 0 {
		return errNoManifests
	}
	made := os.Mkdir(dir, 0o777)
	if made != nil && !errors.Is(made, fs.ErrExist) {
		return fmt.Errorf("--output-dir: %w", made)
	}
	defer func() {
		if err != nil && made == nil {
			os.Remove(dir) // it is empty
		}
	}()
	beside, name, err := localfile.Folder(dir)
	if err != nil {
		return fmt.Errorf("--output-dir %s: %w", dir, err)
	}
	defer beside.Close()
	root, err := beside.OpenRoot(name)
	if err != nil {
		return fmt.Errorf("--output-dir %s: %w", dir, err)
	}
	defer root.Close()
	if err := atomicfile.WriteAll(root, files, 0o666); err != nil {
		return fmt.Errorf("--output-dir %s: %w", dir, err)
	}
	return nil
}

// render writes the manifests of a cluster, "" for the only one that has any.
func render(w io.Writer, run *builtins.Run, cluster string) error {
	buffered := bufio.NewWriterSize(w, 64<<10)
	if err := run.Render(buffered, cluster); err != nil {
		if errors.As(err, new(*builtins.SeveralClustersError)) {
			err = fmt.Errorf("%w with --cluster, or write them all with --output-dir", err)
		}
		return err
	}
	return buffered.Flush()
}
