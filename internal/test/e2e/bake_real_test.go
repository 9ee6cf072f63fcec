//go:build real && linux

package e2e

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// buildx reads every bake file that the golden Tiltfiles make as it is meant.
func TestBakeFilesAreRead(t *testing.T) {
	buildx := realcluster.Buildx(t)
	goldens, err := filepath.Glob("../../../testdata/tiltfiles/*/want.builds.json")
	if err != nil || len(goldens) == 0 {
		t.Fatal(goldens, err)
	}
	// A build with ssh wants an agent, and asks it nothing here.
	agent, err := net.Listen("unix", filepath.Join(t.TempDir(), "agent"))
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	read := 0
	for _, golden := range goldens {
		golden = filepath.Dir(golden)
		folder := t.TempDir()
		if err := os.CopyFS(folder, os.DirFS(golden)); err != nil {
			t.Fatal(err)
		}
		args := []string{"builds", "-o", "bake", "--generated", "generated", "Tiltfile"}
		for flag, name := range map[string]string{"--clusters": "clusters.yaml", "--exec": "exec.yaml"} {
			if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
				args = append(args, flag, name)
			}
		}
		made := sextant(t, invocation{args: args, dir: folder})
		if made.code != 0 {
			continue // a build that a bake file cannot hold
		}
		cmd := exec.Command(buildx, "bake", "--print", "--file", "-")
		cmd.Dir, cmd.Stdin = folder, strings.NewReader(made.stdout)
		cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+agent.Addr().String())
		var progress strings.Builder
		cmd.Stderr = &progress
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v\n%s\n%s", golden, err, made.stdout, progress.String())
			continue
		}
		var want, got struct {
			Target map[string]struct{ Tags []string }
		}
		if err := json.Unmarshal([]byte(made.stdout), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &got); err != nil {
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
	t.Logf("%d bake files were read", read)
}
