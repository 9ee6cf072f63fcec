package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/atomicfile"
	"github.com/sextant-dev/sextant/internal/format"
	"github.com/sextant-dev/sextant/internal/localfile"
)

func newFmtCommand(a *app) *cobra.Command {
	var f formatter
	cmd := &cobra.Command{
		Use:   "fmt [flags] [PATH...]",
		Short: "Format scripts",
		Long: `Fmt rewrites scripts in the layout of buildifier: four spaces, double quotes,
sorted symbols in load statements. PATH is a script, or a folder with every
Clusterfile, Tiltfile and *.star file below it; by default it is ./Clusterfile or
./Tiltfile. - reads standard input and writes standard output.

A script keeps its meaning: it is parsed before and after, and left unchanged if
the two differ. Fmt prints the name of each file that it changes.

With --check it writes nothing and exits with status 1 if a file would change.`,
		Example: `  sextant fmt
  sextant fmt --check .
  sextant fmt --diff deploy/Clusterfile
  sextant fmt - < Clusterfile`,
		Args: func(cmd *cobra.Command, args []string) error { return apart(cmd, "check", "diff") },
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.work(cmd.Context(), func(func(error)) error { return f.format(cmd.Context(), a, cmd.InOrStdin(), args) })
		},
	}
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing; exit with status 1 if a file is not formatted")
	cmd.Flags().BoolVar(&f.diff, "diff", false, "write nothing; print what would change, as a patch")
	return cmd
}

// formatter is one run of fmt.
type formatter struct {
	check, diff bool
	// changed and failed count files.
	changed int
	failed  int
}

func (f *formatter) format(ctx context.Context, a *app, stdin io.Reader, paths []string) error {
	given := paths
	if len(paths) == 0 {
		p, err := projectOf(ctx, "")
		if err != nil {
			return err
		}
		paths = []string{scriptOrDefault("", p)}
	}
	for _, path := range paths {
		if path == "-" {
			if err := f.stream(a, stdin); err != nil {
				return err
			}
			continue
		}
		files, err := scriptsIn(path)
		if err != nil {
			return err
		}
		if _, err := localfile.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return noFile(path)
		}
		for _, file := range files {
			if err := f.file(a, file); err != nil {
				return err
			}
		}
	}
	switch {
	case f.failed > 0:
		return failure{fmt.Errorf("cannot format %s", files(f.failed))}
	case f.check && f.changed > 0:
		again := "sextant fmt"
		for _, path := range given {
			again += " " + builtins.ShellQuote(path)
		}
		return failure{fmt.Errorf("not formatted: %s; run: %s", files(f.changed), again)}
	}
	return nil
}

func files(n int) string {
	if n == 1 {
		return "1 file"
	}
	return fmt.Sprintf("%d files", n)
}

// isScriptName reports whether a file in a folder is a script by its name.
func isScriptName(name string) bool {
	switch stem, _, _ := strings.Cut(name, "."); {
	case stem == "Clusterfile", stem == "Tiltfile":
		return true
	}
	ext := filepath.Ext(name)
	return ext == ".star" || ext == ".tiltfile"
}

// file formats one file, and fails if nobody takes the result. A file that cannot be
// formatted is reported, and does not keep others from being formatted.
func (f *formatter) file(a *app, path string) error {
	src, out, err := formatted(path)
	changed := err == nil && !bytes.Equal(src, out)
	if changed && !f.check && !f.diff {
		err = atomicfile.Write(path, out, 0o644)
	}
	if err != nil {
		f.failed++
		a.console.Printf("%v", err)
		return nil
	}
	if !changed {
		return nil
	}
	f.changed++
	if f.diff {
		_, err = a.stdout.Write(patchOf(path, src, out))
	} else {
		_, err = fmt.Fprintln(a.stdout, diag.PrintableLine(path))
	}
	return err
}

// formatted reads the file at path, and returns it as it is and as it should be.
func formatted(path string) (src, out []byte, err error) {
	info, err := localfile.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s: %w", path, localfile.ErrKind)
	}
	if src, err = localfile.ReadBeside(context.Background(), path); err != nil {
		return nil, nil, err
	}
	out, err = format.Source(path, src)
	return src, out, err
}

// patchOf returns what formatting a file changes, for patch and git apply.
func patchOf(path string, src, out []byte) []byte {
	path = diag.PrintableLine(path)
	return diff.Diff(path, src, path+"\tformatted", out)
}

func (f *formatter) stream(a *app, stdin io.Reader) error {
	src, err := io.ReadAll(io.LimitReader(stdin, localfile.Limit+1))
	if err == nil && len(src) > localfile.Limit {
		err = localfile.ErrTooLarge
	}
	if err != nil {
		return failure{fmt.Errorf("standard input: %w", err)}
	}
	out, err := format.Source("<stdin>", src)
	if err != nil {
		return failure{err}
	}
	if !bytes.Equal(src, out) {
		f.changed++
	}
	switch {
	case f.check:
	case f.diff:
		_, err = a.stdout.Write(patchOf("stdin", src, out))
	default:
		_, err = a.raw.Write(out) // the script itself, whatever is in it
	}
	return err
}
