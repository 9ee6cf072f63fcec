//go:build real && linux

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// command is one of a page, with what the page shows that it prints.
type command struct{ text, output string }

// commandsOf returns the commands in the console blocks of a page, and the script
// in its python block.
func commandsOf(t *testing.T, page string) (commands []command, script string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var block, end string
	for line := range strings.Lines(string(text)) {
		last := len(commands) - 1
		switch {
		case strings.HasPrefix(line, "```"):
			block, end = strings.TrimSpace(strings.TrimPrefix(line, "```")), ""
		case block == "python":
			script += line
		case block != "console":
		case end != "": // a here-document
			commands[last].text += line
			if strings.TrimSpace(line) == end {
				end = ""
			}
		case strings.HasPrefix(line, "$ "):
			commands = append(commands, command{text: strings.TrimPrefix(line, "$ ")})
			if _, word, ok := strings.Cut(line, "<<'"); ok {
				end, _, _ = strings.Cut(word, "'")
			}
		default:
			commands[last].output += line
		}
	}
	return commands, script
}

// Whoever follows docs/fleet.md gets from an empty hub to a script that names
// images for a cluster that it has no kubeconfig of.
func TestFleetPage(t *testing.T) {
	site := realcluster.Start(t)
	hub, prod := site.APIServer(t, "hub"), site.APIServer(t, "prod")
	prod.Apply(t, realcluster.LocalRegistryHosting("host: localhost:5000"), realcluster.Node("a", "arm64", nil))
	tools := site.Tools(t)
	commands, text := commandsOf(t, "../../../docs/fleet.md")
	dir := script(t, text)
	bin := filepath.Join(dir, "bin")
	build := exec.Command("go", "build", "-o", bin+"/", "./cmd/sextant-controller")
	build.Dir = "../../../controller"
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the controller: %v: %s", err, out)
	}
	for name, path := range map[string]string{"kubectl": tools.Kubectl, "sextant": programs.Path(t, "cmd/sextant")} {
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(realcluster.Kubeconfig(t, prod.Context("prod", realcluster.AdminByToken)), filepath.Join(dir, "prod.kubeconfig")); err != nil {
		t.Fatal(err)
	}
	env := []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "HOME=" + dir, "KUBECONFIG=" + realcluster.Kubeconfig(t, hub.Context("hub", realcluster.Admin))}
	shell := func(text string) *exec.Cmd {
		cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", text)
		cmd.Dir, cmd.Env = dir, env
		return cmd
	}
	for _, c := range commands {
		if strings.HasPrefix(c.text, "sextant-controller run") {
			// It goes on; and here the clusters are on loopback.
			run := shell("exec " + strings.TrimSpace(c.text) + " --network 127.0.0.0/8")
			if err := run.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				run.Process.Kill()
				run.Wait()
			})
			continue
		}
		// Where the page shows a result, it may take a moment.
		want, got := strings.Fields(c.output), []string{}
		eventually(t, c.text, func() bool {
			out, err := shell(c.text).Output()
			if err != nil && len(want) == 0 {
				t.Fatalf("%s: %v: %s", c.text, err, err.(*exec.ExitError).Stderr)
			}
			got = strings.Fields(string(out))
			return err == nil && (len(want) == 0 || same(want, got))
		})
		t.Logf("%s%s", c.text, strings.Join(got, " "))
	}
}

// same reports whether two outputs are equal but for an age.
func same(want, got []string) bool {
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !(strings.HasSuffix(want[i], "s") && strings.HasSuffix(got[i], "s")) {
			return false
		}
	}
	return true
}
