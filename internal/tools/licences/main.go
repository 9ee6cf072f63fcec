package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// page is the list of dependencies, in the folder of go.mod.
const page = "docs/dependencies.md"

func main() {
	write := flag.Bool("write", false, "bring the list up to date")
	flag.Parse()
	if err := run(*write); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func run(write bool) error {
	modules, err := required()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rows, after, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", page, err)
	}
	want, err := merge(modules, rows)
	if err != nil {
		return err
	}
	if now := before + format(want) + after; write {
		return os.WriteFile(page, []byte(now), 0o644)
	} else if now != string(text) {
		return fmt.Errorf("%s is not what go.mod requires: %s; run: go run ./internal/tools/licences -write", page, difference(rows, want))
	}
	return nil
}

// module is what go.mod requires.
type module struct {
	path, version, licence string
	direct                 bool
}

// required reads go.mod and the licence of each module in it.
func required() ([]module, error) {
	var mod struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	out, err := output("go", "mod", "edit", "-json")
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		return nil, err
	}
	var all []module
	for _, r := range mod.Require {
		dir, err := download(r.Path + "@" + r.Version)
		if err != nil {
			return nil, err
		}
		licence, err := licenceOf(dir)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Path, r.Version, err)
		}
		all = append(all, module{r.Path, r.Version, licence, !r.Indirect})
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.path, b.path) })
	return all, nil
}

// download returns the folder of a module in Go's cache.
func download(module string) (string, error) {
	var found struct{ Dir string }
	out, err := output("go", "mod", "download", "-json", module)
	if err != nil {
		return "", err
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return "", err
	}
	return found.Dir, nil
}

func output(name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return out, nil
}

// licenceOf reads the licence of the module in a folder.
func licenceOf(dir string) (string, error) {
	for _, name := range []string{"LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		licence, err := identify(string(text))
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		return licence, nil
	}
	return "", errors.New("no licence text: find out what its terms are before it is used")
}
