//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// page is a page whose blocks of commands run one after another in one folder.
type page struct {
	files map[string]string
	// env is for all of its commands; edit makes a command one that a test can run.
	env  []string
	edit [2]string
	// prints is what each command has to print, or its tools are called with.
	prints []string
}

// manifest has an image that the scripts of the pages declare.
const manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: app}\nspec:\n  containers:\n  - name: app\n    image: my/app\n"

// clusterfile declares the cluster that the pages call prod.
const clusterfile = "prod = k8s_cluster('kind-prod', name = 'prod')\noutput('image', prod.image('my/app', tag = 'v1').cluster)\nk8s_yaml('pod.yaml', cluster = prod)\n"

// documented has each page with a block of sextant commands, but those that TestTutorial
// and TestFleetPage follow to the letter.
var documented = map[string]page{
	"SECURITY.md": {
		files:  map[string]string{"Clusterfile": clusterfile, "pod.yaml": manifest},
		edit:   [2]string{"registry.example.com", "127.0.0.1"},
		prints: []string{"connected"},
	},
	"docs/builds.md": {
		files:  map[string]string{"Tiltfile": "docker_build('my/app', '.', ignore = ['docs'])\n", "Dockerfile": "FROM scratch\n"},
		prints: []string{"", "docker buildx bake -f docker-bake.json --push"},
	},
	"docs/images.md": {
		files:  map[string]string{"Clusterfile": clusterfile, "pod.yaml": manifest},
		prints: []string{"aws ecr create-repository --repository-name my_app"},
	},
	"docs/manifests.md": {
		files:  map[string]string{"Clusterfile": clusterfile, "pod.yaml": manifest},
		prints: []string{"", "kind-registry:5000/my_app:v1", "kubectl diff -f -\napiVersion: v1", "helm upgrade --install shop ./chart -f values.yaml"},
	},
	"docs/testing.md": {
		files:  map[string]string{"Clusterfile": clusterfile, "pod.yaml": manifest},
		prints: []string{"", "", "wrote .: want.clusters.yaml, want.outputs.json", "ok", "connected", "connected"},
	},
	"docs/tiltfiles.md": {
		files: map[string]string{"Tiltfile": "docker_build('my/app', '.')\nk8s_yaml('pod.yaml')\n", "pod.yaml": manifest, "Dockerfile": "FROM scratch\n",
			"app_test.star": "def test_app():\n    pass\n"},
		prints: []string{"connected", "kubectl apply", "kind-registry:5000/my_app", "", "app", "", "ok"},
	},
	"docs/watch.md": {
		files:  map[string]string{"Clusterfile": clusterfile, "pod.yaml": manifest},
		env:    []string{"SEXTANT_FOR=1s"},
		edit:   [2]string{"--for 10m", "--for 1s"},
		prints: []string{"ADDED prod: Connected", `"type":"ADDED"`, "ADDED prod: Connected", `"type":"ADDED"`},
	},
}

// TestBlocks runs every block of sextant commands on every page: each command
// succeeds and prints what its page's row expects. The programs that it names are
// stand-ins that print how they were called, and their standard input.
func TestBlocks(t *testing.T) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{Name: "kind-prod", ConfigMaps: clustertest.LocalRegistry(
		"host: \"localhost:5001\"\nhostFromContainerRuntime: \"kind-registry:5000\"\nhostFromClusterNetwork: \"kind-registry:5000\"")})
	tools := t.TempDir()
	for _, name := range []string{"aws", "docker", "helm", "kubectl", "kustomize"} {
		write(t, filepath.Join(tools, name), "#!/bin/sh\necho \""+name+" $*\"\n[ -t 0 ] || cat\n")
	}
	write(t, filepath.Join(tools, "jq"), "#!/bin/sh\ncat\n")
	t.Setenv("PATH", tools+":"+os.Getenv("PATH"))
	t.Setenv("KUBECONFIG", clustertest.WriteKubeconfig(t, api))
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	t.Setenv("GORACE", "atexit_sleep_ms=10")

	pages := markdown(t)
	for name := range documented {
		if !slices.Contains(pages, name) {
			t.Errorf("there is no page %s", name)
		}
	}
	for _, name := range pages {
		commands := commandsOf(t, name)
		p, listed := documented[name]
		if len(commands) != len(p.prints) {
			t.Errorf("%s has the commands %q; its row in documented expects %d", name, commands, len(p.prints))
			continue
		}
		if !listed {
			continue
		}
		t.Run(filepath.Base(name), func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range p.files {
				write(t, filepath.Join(dir, file), text)
			}
			for i, command := range commands {
				cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(command, p.edit[0], p.edit[1], 1))
				cmd.Dir, cmd.Env = dir, append(os.Environ(), p.env...)
				out, err := cmd.CombinedOutput()
				if err != nil || strings.Contains(string(out), "Error:") || !strings.Contains(string(out), p.prints[i]) {
					t.Errorf("%s: %v; it should print %q, and prints\n%s", command, err, p.prints[i], out)
				}
			}
		})
	}
}

// commandsOf returns the commands of a page's blocks that call sextant, without
// comments. Blocks of a console, with what is printed, are not among them.
func commandsOf(t *testing.T, name string) []string {
	t.Helper()
	var commands []string
	for _, b := range blocks(t, filepath.Join("../..", name)) {
		callsSextant := slices.ContainsFunc(b.lines, func(line string) bool { return strings.HasPrefix(line, "sextant ") })
		if b.language != "" && b.language != "sh" || !callsSextant {
			continue
		}
		for _, line := range b.lines {
			if command, _, _ := strings.Cut(line, " # "); strings.TrimSpace(command) != "" {
				commands = append(commands, strings.TrimSpace(command))
			}
		}
	}
	return commands
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
