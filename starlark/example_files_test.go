package starlark_test

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing/fstest"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

//go:embed testdata/embedded
var scripts embed.FS

// Run scripts that are compiled into the program. Any fs.FS will do: os.DirFS, a
// zip archive, one of your own.
func ExampleEngine_files() {
	files, err := fs.Sub(scripts, "testdata/embedded")
	if err != nil {
		fmt.Println(err)
		return
	}
	engine := &starlark.Engine{
		Files: files,
		Print: func(at diag.Position, message string) { fmt.Println(at, message) },
	}
	if err := engine.Run(context.Background(), "Clusterfile"); err != nil {
		starlark.Render(os.Stderr, err)
	}
	// Output:
	// Clusterfile:4:10 hello Ada
	// Clusterfile:4:10 hello Grace
}

// Run scripts of a folder on disk that they cannot leave, not even through a
// symbolic link.
func ExampleOpenDir() {
	parent, err := os.MkdirTemp("", "example-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(parent)
	root := filepath.Join(parent, "project")
	if err := errors.Join(
		os.Mkdir(root, 0o755),
		os.WriteFile(filepath.Join(parent, "secret.star"), []byte("key = 1\n"), 0o644),
		os.WriteFile(filepath.Join(root, "Clusterfile"), []byte("load('../secret.star', 'key')\n"), 0o644),
	); err != nil {
		fmt.Println(err)
		return
	}

	files, err := starlark.OpenDir(root)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer files.Close()
	engine := &starlark.Engine{Files: files}
	err = engine.Run(context.Background(), "Clusterfile")
	fmt.Println(errors.Is(err, starlark.ErrOutside))
	// Output: true
}

// Give scripts modules that are not among their files, such as those of a team.
func ExampleEngine_loader() {
	modules := map[string]string{"@team/registry.star": "host = 'registry.example.com'\n"}
	engine := &starlark.Engine{
		Files: fstest.MapFS{"Clusterfile": {Data: []byte("load('@team/registry.star', 'host')\nprint(host)\n")}},
		Print: func(_ diag.Position, message string) { fmt.Println(message) },
		Loader: func(_ context.Context, name string) ([]byte, bool, error) {
			source, ok := modules[name]
			if !ok && strings.HasPrefix(name, "@team/") {
				return nil, false, fmt.Errorf("the team has no module %s", name)
			}
			return []byte(source), ok, nil
		},
	}
	if err := engine.Run(context.Background(), "Clusterfile"); err != nil {
		starlark.Render(os.Stderr, err)
	}
	// Output: registry.example.com
}
