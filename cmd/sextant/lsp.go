package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/format"
	"github.com/sextant-dev/sextant/internal/localfile"
	"github.com/sextant-dev/sextant/internal/lsp"
	"github.com/sextant-dev/sextant/starlark"
)

func newLspCommand(a *app) *cobra.Command {
	var kubeconfig string
	cmd := &cobra.Command{
		Use:   "lsp [flags]",
		Short: "Serve an editor over the Language Server Protocol",
		Long: `Lsp answers an editor on standard input and standard output: what sextant check
finds, completion, signatures, documentation, definitions, references and rename
across loaded files, symbols, formatting, and quick fixes. Beside each image(...) it
shows the names that the image has on the clusters of clusters.yaml, if that file is
in the folder of the script.

It connects to no cluster and runs no program. Editors start it; docs/editors.md
shows how to configure some of them.`,
		Example: `  sextant lsp`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.work(cmd.Context(), func(func(error)) error {
				return lsp.Serve(cmd.Context(), stdio{cmd.InOrStdin(), a.raw}, lsp.Options{
					Version:  readVersion().Version,
					Prepare:  func(engine *starlark.Engine, root, name string) { prepare(cmd.Context(), engine, root, name) },
					Root:     func(path string) string { return rootOf(cmd.Context(), path) },
					IsScript: isScriptName,
					IsEntry:  func(name string) bool { return isScriptName(name) && filepath.Ext(name) != ".star" },
					Contexts: func() []string { return contextsOf(kubeconfig) },
					Images:   recordedNames,
					Format:   new(format.Cache),
				})
			})
		},
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "the kubeconfig with the contexts to complete; by default KUBECONFIG, then ~/.kube/config")
	takeFile(cmd, "kubeconfig")
	return cmd
}

// prepare completes an engine that checks a script.
func prepare(ctx context.Context, engine *starlark.Engine, root, name string) {
	spoken := spokenIn(ctx, root, name)
	engine.Table = tableOf(spoken, name)
	spoken.New(engine, builtins.Options{Dir: filepath.ToSlash(root)}, tiltfile.Options{Entry: name}) // for its hooks
}

// spokenIn returns the dialect of a script: that of its name, unless its project
// sets another.
func spokenIn(ctx context.Context, root, name string) dialect.Dialect {
	path := filepath.Join(root, filepath.FromSlash(name))
	if p := projectAt(ctx, path); p != nil && p.dialect != "" {
		return p.dialect
	}
	return dialect.Of(name)
}

// rootOf returns the root of the project of a script, "" if it is in none.
func rootOf(ctx context.Context, path string) string {
	if p := projectAt(ctx, path); p != nil {
		return p.root
	}
	return ""
}

// projectAt returns the project that a script is in. It returns nil if its
// sextant.yaml cannot be used: the commands describe what is wrong with it.
func projectAt(ctx context.Context, path string) *project {
	p, err := findProject(ctx, filepath.Dir(path))
	if err != nil || p == nil || !p.contains(path) {
		return nil
	}
	return p
}

// stdio is the stream of an editor that starts the server.
type stdio struct {
	io.Reader
	io.Writer
}

// Close ends the reading of standard input, which an editor may leave open.
func (s stdio) Close() error {
	if f, ok := s.Reader.(*os.File); ok {
		return f.Close()
	}
	return nil
}

// contextsOf returns the contexts of the kubeconfig; none if it cannot be read.
func contextsOf(kubeconfig string) []string {
	k := kube.New(kube.Options{Kubeconfig: kubeconfig})
	defer k.Close()
	names, err := k.Contexts()
	if err != nil {
		return nil
	}
	return names
}

// namingTime is how long a script may run to name its images.
const namingTime = 2 * time.Second

// recordedNames runs a script on the recording beside it, and returns the names
// of images, by the position of the call.
func recordedNames(ctx context.Context, root, name string, source []byte) map[diag.Position][]string {
	folder := filepath.Join(root, filepath.Dir(filepath.FromSlash(name)))
	recording := filepath.Join(folder, recordingName)
	ctx, cancel := context.WithTimeout(ctx, namingTime)
	defer cancel()
	data, err := localfile.ReadBeside(ctx, recording)
	if err != nil {
		return nil
	}
	list, err := cluster.ParseList(recording, data)
	if err != nil {
		return nil
	}
	files, err := starlark.OpenDir(root)
	if err != nil {
		return nil
	}
	defer files.Close()
	names := map[diag.Position][]string{}
	replay := cluster.NewReplay(recording, list)
	options := builtins.Options{
		Resolver: replay, Catalog: replay, Dir: filepath.ToSlash(root),
		Env: linesOf(ctx, filepath.Join(folder, "env")), Args: linesOf(ctx, filepath.Join(folder, "args")),
		OnName: func(at diag.Position, _ string, made image.Names) {
			if text := shownNames(made); !slices.Contains(names[at], text) {
				names[at] = append(names[at], text)
			}
		},
	}
	engine := starlark.Engine{
		Files:  files,
		Limits: starlark.Limits{Time: namingTime, Memory: int64(defaultMemory)},
		Loader: func(_ context.Context, file string) ([]byte, bool, error) { return source, file == name, nil },
	}
	run := spokenIn(ctx, root, name).New(&engine, options, tiltfile.Options{Entry: name})
	_ = engine.Run(ctx, name, run.Plugin()) // what a script named before it failed holds too
	return names
}

// shownNames are the names of an image beside its declaration: one if all are
// the same.
func shownNames(names image.Names) string {
	if names.Local == names.Cluster {
		return names.Cluster
	}
	return "push " + names.Local + ", pull " + names.Cluster
}

// linesOf returns the lines of a file of a golden test, none if there is no such
// file.
func linesOf(ctx context.Context, file string) []string {
	data, err := localfile.ReadBeside(ctx, file)
	if err != nil {
		return nil
	}
	return strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' || r == '\r' })
}
