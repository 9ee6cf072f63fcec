package starlark

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestResolveName(t *testing.T) {
	for _, tc := range []struct{ from, path, want string }{
		{"", "Clusterfile", "Clusterfile"},
		{"", "./a//b/../Clusterfile", "a/Clusterfile"},
		{"Clusterfile", "lib/x.star", "lib/x.star"},
		{"lib/x.star", "y.star", "lib/y.star"},
		{"lib/x.star", "../y.star", "y.star"},
		{"lib/x.star", "../other/y.star", "other/y.star"},
		{"a/b/c.star", "../../d.star", "d.star"},
		{"Clusterfile", "..hidden", "..hidden"},
		{"Clusterfile", "@team/x.star", "@team/x.star"},
		{"lib/x.star", "@team/x.star", "@team/x.star"},
		{"@team/lib/x.star", "../y.star", "@team/y.star"},
		{"@team/x.star", "@other/y.star", "@other/y.star"},
		{"@team/x.star", "@team", "@team"},
	} {
		got, err := resolveName(tc.from, tc.path)
		if err != nil || got != tc.want {
			t.Errorf("resolveName(%q, %q) = %q, %v; want %q", tc.from, tc.path, got, err, tc.want)
		}
	}
	for _, tc := range []struct{ from, path string }{
		{"Clusterfile", ".."},
		{"Clusterfile", "../x.star"},
		{"lib/x.star", "../../y.star"},
		{"lib/x.star", "a/../../../y.star"},
		{"Clusterfile", "/etc/passwd"},
		{"Clusterfile", "@team/../x.star"},
		{"@team/x.star", "../x.star"},
		{"@team/x.star", "../@other/x.star"},
		{"@team/x.star", "/x.star"},
		{"@team", "x.star"},
	} {
		if got, err := resolveName(tc.from, tc.path); !errors.Is(err, ErrOutside) {
			t.Errorf("resolveName(%q, %q) = %q, %v; want ErrOutside", tc.from, tc.path, got, err)
		}
	}
	for _, path := range []string{"", "//"} {
		if got, err := resolveName("Clusterfile", path); err != errEmptyName {
			t.Errorf("resolveName(%q) = %q, %v; want %v", path, got, err, errEmptyName)
		}
	}
}

// FuzzResolveName holds that no pair of paths leaves the root.
func FuzzResolveName(f *testing.F) {
	f.Add("a/b.star", "../../c")
	f.Add("@t/b.star", "../@u/c")
	f.Add("", "//..//")
	f.Fuzz(func(t *testing.T, from, path string) {
		from, err := resolveName("", from)
		if err != nil {
			return
		}
		name, err := resolveName(from, path)
		if err != nil {
			return
		}
		if again, err := resolveName("", name); err != nil || again != name {
			t.Errorf("resolveName(%q, %q) = %q, which resolves to %q, %v", from, path, name, again, err)
		}
	})
}

// TestLoadOnce loads one file by three spellings from two folders.
func TestLoadOnce(t *testing.T) {
	var r recorder
	e := Engine{Print: r.print, Files: files(
		"f.star", "load('lib/a.star', 'A')\nload('lib/../lib/a.star', B='A')\nload('lib/b.star', 'C')\nA == B and A == C or fail('differ')",
		"lib/a.star", "print('once')\nA = 1",
		"lib/b.star", "load('../lib/a.star', 'A')\nC = A",
	)}
	for range 2 {
		r.lines = nil
		if err := e.Run(t.Context(), "f.star"); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"lib/a.star:1:6 once"}, r.lines); diff != "" {
			t.Error(diff)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files []string
		want  string
	}{
		{"missing file", []string{"f.star", "load('lib/x.star', 'x')"},
			"f.star:1:1: cannot load lib/x.star: file does not exist"},
		{"missing file by a relative path", []string{"f.star", "load('lib/a.star', 'a')", "lib/a.star", "load('../x.star', 'x')"},
			"lib/a.star:1:1: cannot load ../x.star: x.star: file does not exist"},
		{"missing name", []string{"f.star", "load('g.star', 'imagse')", "g.star", "images = 1"},
			"f.star:1:1: load: name imagse not found in module g.star (did you mean images?)"},
		{"folder", []string{"f.star", "load('lib', 'x')", "lib/x.star", ""},
			"f.star:1:1: cannot load lib: is a folder, not a regular file"},
		{"outside", []string{"f.star", "load('../x.star', 'x')"},
			"f.star:1:1: cannot load ../x.star: the path leaves the root folder of the scripts"},
		{"absolute", []string{"f.star", "load('/x.star', 'x')"},
			"f.star:1:1: cannot load /x.star: the path leaves the root folder of the scripts"},
		{"unknown module", []string{"f.star", "load('@team/x.star', 'x')"},
			"f.star:1:1: cannot load @team/x.star: no such module is known here"},
		{"itself", []string{"f.star", "load('f.star', 'x')"},
			"f.star:1:1: cannot load f.star: load cycle: f.star -> f.star"},
		{"cycle below the first file", []string{"f.star", "load('a/a.star', 'x')", "a/a.star", "load('../b.star', 'x')", "b.star", "load('a/a.star', 'x')"},
			"b.star:1:1: cannot load a/a.star: load cycle: a/a.star -> b.star -> a/a.star"},
		{"globals are frozen", []string{"f.star", "load('g.star', 'xs')\nxs.append(1)", "g.star", "xs = []"},
			"f.star:2:10: append: cannot append to frozen list"},
		{"undefined name in a loaded file", []string{"f.star", "\n\nload('g.star', 'x')", "g.star", "x = lenn('')"},
			"g.star:1:5: undefined: lenn (did you mean len?)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e := Engine{Files: files(tc.files...)}
			err := e.Run(t.Context(), "f.star")
			if err == nil || err.Error() != tc.want {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
			scriptErrorOf(t, err)
		})
	}
}

func TestLoader(t *testing.T) {
	modules := map[string]string{
		"@team/registry.star":  "load('lib/hosts.star', 'HOST')\nREGISTRY = HOST + '/x'",
		"@team/lib/hosts.star": "HOST = 'localhost:5000'",
		"lib/own.star":         "OWN = 'loader'",
	}
	var asked []string
	e := Engine{
		Files: files(
			"f.star", "load('@team/registry.star', 'REGISTRY')\nload('lib/own.star', 'OWN')\nload('lib/file.star', 'FILE')\nprint(REGISTRY, OWN, FILE)",
			"lib/own.star", "OWN = 'file'",
			"lib/file.star", "FILE = 'file'",
		),
		Loader: func(_ context.Context, name string) ([]byte, bool, error) {
			asked = append(asked, name)
			text, ok := modules[name]
			return []byte(text), ok, nil
		},
	}
	var r recorder
	e.Print = r.print
	if err := e.Run(t.Context(), "f.star"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"f.star:4:6 localhost:5000/x loader file"}, r.lines); diff != "" {
		t.Error(diff)
	}
	want := []string{"f.star", "@team/registry.star", "@team/lib/hosts.star", "lib/own.star", "lib/file.star"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}

func TestLoaderErrorIsKept(t *testing.T) {
	offline := errors.New("offline")
	e := Engine{
		Files: files("f.star", "load('@team/x.star', 'x')"),
		Loader: func(_ context.Context, name string) ([]byte, bool, error) {
			if name == "f.star" {
				return nil, false, nil
			}
			return nil, false, offline
		},
	}
	err := e.Run(t.Context(), "f.star")
	if !errors.Is(err, offline) || err.Error() != "f.star:1:1: cannot load @team/x.star: offline" {
		t.Errorf("got %v", err)
	}
}
