//go:build long

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestBakeFilesParse gives every bake file that the golden Tiltfiles make to docker
// buildx, which must read it as it is meant.
func TestBakeFilesParse(t *testing.T) {
	if err := exec.Command("docker", "buildx", "version").Run(); err != nil {
		t.Skip("docker buildx is not installed: apt-get install docker-buildx, where Debian has it")
	}
	folders, err := filepath.Glob("../../testdata/tiltfiles/*/want.builds.json")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	read := 0
	for _, file := range folders {
		golden := filepath.Dir(file)
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(golden)); err != nil {
			t.Fatal(err)
		}
		args := []string{"builds", "-o", "bake", "--generated", "generated", filepath.Join(folder, "Tiltfile")}
		for flag, name := range map[string]string{"--clusters": "clusters.yaml", "--exec": "exec.yaml"} {
			if name = filepath.Join(folder, name); isFile(name) {
				args = append(args, flag, name)
			}
		}
		code, stdout, _ := sextant(t, args...)
		if code != 0 {
			continue // a build that a bake file cannot hold
		}
		cmd := exec.Command("docker", "buildx", "bake", "--print", "-f", "-")
		cmd.Dir, cmd.Stdin = folder, strings.NewReader(stdout)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s\n%s", golden, err, stdout, out)
			continue
		}
		var want, got struct {
			Target map[string]struct{ Tags []string }
		}
		if err := json.Unmarshal([]byte(stdout), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out[strings.IndexByte(string(out), '{'):], &got); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for name, target := range want.Target {
			if !slices.Equal(got.Target[name].Tags, target.Tags) {
				t.Errorf("%s: target %s has the tags %q, want %q", golden, name, got.Target[name].Tags, target.Tags)
			}
		}
		read++
	}
	if read < 5 {
		t.Errorf("%d bake files were read, want 5 or more", read)
	}
}
