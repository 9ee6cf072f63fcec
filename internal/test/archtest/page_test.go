package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestArchitecturePage: the picture of docs/architecture.md is a ladder, in which each
// package imports only what is on lines below its own, and its table has a row for each
// package that is part of the program.
func TestArchitecturePage(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, picture, _ := strings.Cut(string(page), "```\n")
	picture, table, _ := strings.Cut(picture, "```\n")
	table, _, _ = strings.Cut(table, "\n## ")

	imports := map[string][]string{}
	for _, f := range files(t) {
		if f.isTest() {
			continue
		}
		imports[f.dir] = append(imports[f.dir], f.imports()...)
	}
	line := map[string]int{}
	for i, text := range strings.Split(picture, "\n") {
		for _, dir := range strings.Fields(text) {
			if imports[dir] != nil {
				line[dir] = i
			}
		}
	}
	if len(line) < 20 {
		t.Errorf("the picture has only %d packages", len(line))
	}
	for dir := range line {
		for _, path := range imports[dir] {
			if below, drawn := line[strings.TrimPrefix(path, module+"/")]; drawn && below <= line[dir] {
				t.Errorf("%s imports %s, which is not below it in the picture", dir, path)
			}
		}
	}

	var named []string
	for row := range strings.Lines(table) {
		if cells := strings.Split(row, "|"); len(cells) > 1 {
			for i, name := range strings.Split(cells[1], "`") {
				if i%2 == 1 {
					named = append(named, name)
				}
			}
		}
	}
	for dir := range imports {
		apart := slices.ContainsFunc([]string{"bench/", "examples", "internal/test/", "internal/tools/"}, func(p string) bool { return strings.HasPrefix(dir, p) })
		if !apart && !slices.Contains(named, dir) {
			t.Errorf("the table has no row for %s", dir)
		}
	}
	for _, dir := range named {
		if _, ok := imports[dir]; !ok && dir != "controller" { // a module of its own
			t.Errorf("the table has a row for %s, and there is no such package", dir)
		}
	}
}
