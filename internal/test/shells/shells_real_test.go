//go:build real && linux

package shells

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/internal/test/program"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
	"github.com/sextant-dev/sextant/internal/test/terminal"
)

var programs *program.Suite

func TestMain(m *testing.M) {
	programs = program.Around(m)
	goleak.VerifyTestMain(programs)
}

// patience is how long a test waits for a shell.
const patience = 60 * time.Second

// shell is an installed shell in a folder with a script.
type shell struct {
	path, dir string
	env       []string
}

func newShell(t *testing.T, name string) shell {
	t.Helper()
	s := shell{path: realcluster.Program(t, name), dir: t.TempDir()}
	for file, text := range map[string]string{
		"Clusterfile":  "dev = k8s_cluster(\"kind-dev\")\nk8s_cluster(\"prod-eu\")\noutput(\"push_name\", dev.image(\"shop/api\").local)\n",
		"recorded.yml": "",
		"deploy/x":     "",
	} {
		path := filepath.Join(s.dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.env = []string{
		"PATH=" + filepath.Dir(programs.Path(t, "cmd/sextant")) + ":/usr/bin:/bin", "HOME=" + s.dir, "ZDOTDIR=" + s.dir,
		"TERM=xterm", "LC_ALL=C.UTF-8", "KUBECONFIG=" + filepath.Join(s.dir, "none"),
	}
	return s
}

// completions are what a line is completed to: every candidate of its last word.
var completions = []struct {
	line string
	want []string
	not  string // no candidate
}{
	{"sextant ev", []string{"eval"}, "exec"},
	{"sextant eval --clusters-f", []string{"--clusters-from"}, "--file"},
	{"sextant eval -o ", []string{"table", "yaml"}, "Clusterfile"},
	{"sextant eval --output=", []string{"table", "yaml"}, "Clusterfile"},
	{"sextant eval --dialect t", []string{"tiltfile"}, "recorded.yml"},
	{"sextant eval --clusters rec", []string{"recorded.yml"}, "kind-dev"},
	{"sextant eval --root d", []string{"deploy/"}, "recorded.yml"},
	{"sextant exec ", []string{"kind-dev", "prod-eu"}, "recorded.yml"},
	{"sextant apply p", []string{"prod-eu"}, "kind-dev"},
	{"sextant render --cluster ", []string{"kind-dev", "prod-eu"}, "recorded.yml"},
	{"sextant output p", []string{"push_name"}, "recorded.yml"},
	{"sextant doc k8s_n", []string{"k8s_namespace"}, "k8s_yaml"},
	{"sextant eval Clu", []string{"Clusterfile"}, "deploy/"},
}

// compare looks for candidates among the words that a shell offers.
func compare(t *testing.T, line string, got, want []string, not string) {
	t.Helper()
	for _, w := range want {
		if !slices.Contains(got, w) {
			t.Errorf("%q: no %q among %q", line, w, got)
		}
	}
	if slices.Contains(got, not) {
		t.Errorf("%q: it offers %q", line, not)
	}
}

// TestFish: complete -C prints the candidates that fish offers.
func TestFish(t *testing.T) {
	s := newShell(t, "fish")
	for _, tc := range completions {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		cmd := exec.CommandContext(ctx, s.path, "--private", "-c", "sextant completion fish | source; complete -C '"+tc.line+"'")
		cmd.Dir, cmd.Env = s.dir, s.env
		out, err := cmd.CombinedOutput()
		cancel()
		if err != nil {
			t.Fatalf("%q: %v\n%s", tc.line, err, out)
		}
		var got []string
		for line := range strings.Lines(string(out)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t") // a description follows
			got = append(got, strings.TrimPrefix(word, "--output="))
		}
		compare(t, tc.line, got, tc.want, tc.not)
	}
}

// zshrc makes Ctrl-T list the candidates and then drop the line.
const zshrc = `PS1='READY> '
autoload -Uz compinit && compinit -u
source <(sextant completion zsh)
bindkey -e
zmodload zsh/complist
LISTMAX=1000
list() { zle list-choices; zle -I; zle kill-whole-line; print -r -- "LIS""TED" }
zle -N list
bindkey '^T' list
`

// TestZsh: compinit and the completion functions of zsh, at a terminal.
func TestZsh(t *testing.T) {
	s := newShell(t, "zsh")
	if err := os.WriteFile(filepath.Join(s.dir, ".zshrc"), []byte(zshrc), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(s.path, "-i")
	cmd.Dir, cmd.Env = s.dir, s.env
	zsh := terminal.Start(t, cmd, 60, 150)
	defer func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	}()
	zsh.Expect("READY> ")
	for _, tc := range completions {
		zsh.Send(tc.line + "\x14")
		shown := escapes.ReplaceAllString(zsh.Expect("LISTED"), "")
		_, list, ok := strings.Cut(shown, tc.line) // as it was typed
		if !ok {
			t.Fatalf("%q: zsh printed %q", tc.line, shown)
		}
		compare(t, tc.line, strings.Fields(list), tc.want, tc.not)
	}
}

// escapes are what moves the cursor and changes colors.
var escapes = regexp.MustCompile(`\x1b(\[[0-9;?]*[a-zA-Z]|[()=>][0B]?)`)
