package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/builtins/tiltfile/plan"
	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

// buildsFlags are the flags of the builds command.
type buildsFlags struct {
	script    scriptFlags
	format    formatFlag
	images    []string
	generated string
}

func newBuildsCommand(a *app) *cobra.Command {
	var f buildsFlags
	cmd := &cobra.Command{
		Use:   "builds [flags] [FILE] [-- ARGS]",
		Short: "Print the images that a Tiltfile builds, and how",
		Long: `Builds runs FILE, by default ./Tiltfile, and prints the images of its
docker_build() and custom_build() calls with the names to push and to pull.
Nothing is built.

-o bake prints a file for docker buildx bake, -o matrix a matrix for GitHub Actions.
They cannot express only= and ignore=, which need a generated Dockerfile with an
ignore file beside it: --generated DIR writes both there. Paths are relative to
the folder of FILE, or to --root.`,
		Example: `  sextant builds
  sextant builds -o json deploy/Tiltfile
  sextant builds -o bake --generated .sextant > docker-bake.json
  docker buildx bake -f docker-bake.json --push
  echo "matrix=$(sextant builds -o matrix --image api)" >> "$GITHUB_OUTPUT"`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			return cmp.Or(atMostOne(cmd, own, "FILE"), f.check(cmd))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			script := scriptRun{flags: &f.script, file: tiltfileOrDefault(own), args: forScript}
			return a.execute(cmd.Context(), script, func(run *dialect.Run) error {
				tilt, err := ofTiltfile(run)
				if err != nil {
					return err
				}
				builds, err := plan.Select(tilt.Builds(), f.images)
				if err != nil {
					return err
				}
				return f.print(a.stdout, run, tilt, builds)
			})
		},
	}
	f.script.add(cmd)
	f.format.add(cmd, []string{"table", "json", "bake", "matrix"})
	cmd.Flags().StringSliceVar(&f.images, "image", nil, "only this image and the images that it is built from; may be repeated")
	cmd.Flags().StringVar(&f.generated, "generated", "", "with -o bake or matrix, the folder below the root to write Dockerfiles and ignore files to")
	takeFolder(cmd, "generated")
	return cmd
}

func (f *buildsFlags) check(cmd *cobra.Command) error {
	if err := f.format.check(); err != nil {
		return err
	}
	if !cmd.Flags().Changed("generated") {
		return nil
	}
	if f.format.value != "bake" && f.format.value != "matrix" {
		return usagef("--generated needs -o bake or -o matrix: nothing else needs files")
	}
	if !filepath.IsLocal(f.generated) {
		return usagef("--generated %s: name a folder below the root", f.generated)
	}
	return nil
}

// print prints builds in the format. The files that it needs are written first.
func (f *buildsFlags) print(stdout io.Writer, run *dialect.Run, tilt *tiltfile.Run, builds []tiltfile.Build) error {
	form := plan.Bake
	switch f.format.value {
	case "bake":
	case "matrix":
		form = plan.Matrix
	default:
		return printer.Builds(stdout, f.format.value, builds)
	}
	for _, c := range run.Clusters().Items {
		if !c.Status.Connected() { // names would be missing
			return &builtins.NotReadyError{Name: c.Name, Reason: c.Status.Error}
		}
	}
	dir := f.generated
	if dir != "" {
		dir = path.Clean(filepath.ToSlash(dir))
	}
	text, files, err := form(builds, tilt.BuildFiles(), dir)
	if err != nil {
		return err
	}
	if err := writeGenerated(run.Host().Options().Dir, dir, files); err != nil {
		return err
	}
	_, err = stdout.Write(text)
	return err
}

// writeGenerated writes files below a root, in a folder that is made if it is not
// there.
func writeGenerated(root, dir string, files []plan.Generated) error {
	if len(files) == 0 {
		return nil
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return fmt.Errorf("--generated: %w", err)
	}
	defer r.Close()
	if err := r.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("--generated: %w", err)
	}
	for _, file := range files {
		if err := atomicfile.WriteIn(r, file.Path, file.Data, 0o644); err != nil {
			return fmt.Errorf("--generated: %w", err)
		}
	}
	return nil
}

// tiltfileOrDefault is the script that the arguments name, or ./Tiltfile if it is
// there, also beside a Clusterfile.
func tiltfileOrDefault(own []string) string {
	if len(own) == 0 && isFile(otherScript) {
		return otherScript
	}
	return first(own)
}

// ofTiltfile returns what a Tiltfile declared, or fails for a Clusterfile.
func ofTiltfile(run *dialect.Run) (*tiltfile.Run, error) {
	if run.Tiltfile == nil {
		return nil, errors.New("a Clusterfile declares no builds and no resources: name a Tiltfile, or run it with --dialect tiltfile")
	}
	return run.Tiltfile, nil
}
