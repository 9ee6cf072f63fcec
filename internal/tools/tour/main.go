// Tour shows what Sextant does on the example folder it is given: the script, the
// clusters, the names of an image, and the lines of a manifest that change. It
// runs the command of this module, on the folder's recording.
//
//	go run ./internal/tools/tour examples/quickstart
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tour FOLDER")
		os.Exit(2)
	}
	if err := tour(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "tour:", err)
		os.Exit(1)
	}
}

func tour(out io.Writer, folder string) error {
	temp, err := os.MkdirTemp("", "sextant-tour-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	program := filepath.Join(temp, "sextant")
	build := exec.Command("go", "build", "-o", program, "./cmd/sextant")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("build sextant: %w", err)
	}
	script, err := os.ReadFile(filepath.Join(folder, "Clusterfile"))
	if err != nil {
		return err
	}
	manifest, err := os.ReadFile(filepath.Join(folder, "api.yaml"))
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "$ cat Clusterfile\n%s\n", script)
	var last []byte
	for _, args := range [][]string{{"eval"}, {"output"}, {"render"}} {
		cmd := exec.Command(program, append(args, "--clusters", "clusters.yaml")...)
		cmd.Dir = folder
		cmd.Stderr = os.Stderr
		if last, err = cmd.Output(); err != nil {
			return fmt.Errorf("sextant %s: %w", args[0], err)
		}
		if args[0] == "render" {
			fmt.Fprintf(out, "$ sextant render  # what changes in api.yaml\n%s", changes(string(manifest), string(last)))
			continue
		}
		fmt.Fprintf(out, "$ sextant %s\n%s\n", args[0], last)
	}
	return nil
}

// changes shows the lines that differ, which render keeps in their place.
func changes(before, after string) string {
	var b strings.Builder
	was, is := strings.Split(before, "\n"), strings.Split(after, "\n")
	for i := range min(len(was), len(is)) {
		if was[i] != is[i] {
			fmt.Fprintf(&b, "- %s\n+ %s\n", was[i], is[i])
		}
	}
	return b.String()
}
