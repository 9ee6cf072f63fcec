package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/internal/dialect"
)

func TestParseProject(t *testing.T) {
	dir := filepath.FromSlash("/p")
	for _, test := range []struct {
		text    string
		want    project
		wantErr string
	}{
		{"", project{root: dir}, ""},
		{"# nothing\n", project{root: dir}, ""},
		{"root: .\n", project{root: dir}, ""},
		{"file: deploy/Clusterfile\nroot: deploy\ndialect: tiltfile\ntimeout: 3s\n",
			project{root: filepath.Join(dir, "deploy"), file: filepath.Join(dir, "deploy", "Clusterfile"), dialect: dialect.Tiltfile, timeout: 3 * time.Second}, ""},
		{"root: ..\n", project{}, `PATH:1:7: root: ".." is not below the folder of sextant.yaml`},
		{"file: /etc/Clusterfile\n", project{}, `PATH:1:7: file: "/etc/Clusterfile" is not below the folder of sextant.yaml`},
		{"root: a\nfile: b/Clusterfile\n", project{}, "PATH: file is not below root"},
		{"timeout: soon\n", project{}, `PATH:1:10: timeout: "soon" is not a duration such as 500ms, 10s or 2m`},
		{"timeout: 0s\n", project{}, `PATH:1:10: timeout: "0s" is not a duration such as 500ms, 10s or 2m`},
		{"dialect: python\n", project{}, "PATH:1:10: dialect: want sextant or tiltfile"},
		{"a: 1\n", project{}, `PATH:1:1: unknown key "a"`},
		{"# x\ntimeut: 1s\n", project{}, `PATH:2:1: unknown key "timeut" (did you mean "timeout"?)`},
		{"root: a\nroot: b\n", project{}, `PATH:2:1: duplicate key "root"`},
		{"root: [a]\n", project{}, "PATH:1:7: root: want a string"},
		{"root:\n", project{}, "PATH:1:6: root: want a string"},
		{"- root\n", project{}, "PATH:1:1: want a mapping with the keys dialect, file, root, timeout"},
		{"root: {\n", project{}, "PATH: line 1: did not find expected node content"},
		{"root: a\n---\nroot: b\n", project{}, "PATH: it has a second document, want one"},
		{strings.Repeat("#", maxProject+1), project{}, "PATH: it is larger than 65536 bytes"},
	} {
		got, err := parseProject(filepath.Join(dir, "PATH"), []byte(test.text))
		if test.wantErr != "" {
			if want := dir + string(filepath.Separator) + test.wantErr; err == nil || err.Error() != want {
				t.Errorf("%.100q: got error %v, want %s", test.text, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", test.text, err)
			continue
		}
		if diff := cmp.Diff(&test.want, got, cmp.AllowUnexported(project{})); diff != "" {
			t.Errorf("%q: %s", test.text, diff)
		}
	}
}

func TestFindProject(t *testing.T) {
	top := t.TempDir()
	deep := filepath.Join(top, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if p, err := findProject(t.Context(), deep); p != nil || err != nil {
		t.Errorf("without a file: %v, %v", p, err)
	}
	if err := os.WriteFile(filepath.Join(top, "a", projectName), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if p, err := findProject(t.Context(), deep); err != nil || p == nil || p.root != filepath.Join(top, "a") {
		t.Errorf("%v, %v", p, err)
	}
	if p, err := findProject(t.Context(), top); p != nil || err != nil {
		t.Errorf("above it: %v, %v", p, err)
	}
}
