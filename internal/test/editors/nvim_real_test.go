//go:build real && linux

package editors

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/sextant-dev/sextant/internal/test/program"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

const root = "../../.."

var programs *program.Suite

func TestMain(m *testing.M) {
	programs = program.Around(m)
	goleak.VerifyTestMain(programs)
}

// patience is how long a test waits for anything.
const patience = 60 * time.Second

// neovim is a headless Neovim that takes keys and answers expressions.
type neovim struct {
	t       *testing.T
	path    string
	address string
	env     []string
	dir     string
}

// edit starts Neovim with the configuration of docs/editors.md on a file of a
// folder: names and contents in turn.
func edit(t *testing.T, file string, files ...string) *neovim {
	t.Helper()
	path := realcluster.Program(t, "nvim")
	page, err := os.ReadFile(filepath.Join(root, "docs/editors.md"))
	if err != nil {
		t.Fatal(err)
	}
	config := regexp.MustCompile("(?s)```lua\n(.*?)```").FindSubmatch(page)
	if config == nil {
		t.Fatal("docs/editors.md has no configuration for Neovim")
	}
	// A socket's path has room for a hundred bytes.
	dir, err := os.MkdirTemp("", "nvim-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	files = append(files, "init.lua", string(config[1]), ".git/HEAD", "", "kubeconfig", kubeconfig)
	for i := 0; i < len(files); i += 2 {
		path := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	v := &neovim{t: t, path: path, address: filepath.Join(dir, "socket"), dir: dir, env: []string{
		"PATH=" + filepath.Dir(programs.Path(t, "cmd/sextant")) + ":/usr/bin:/bin", "HOME=" + dir, "TMPDIR=" + dir, "TERM=dumb",
		"KUBECONFIG=" + filepath.Join(dir, "kubeconfig"),
	}}
	cmd := exec.Command(path, "--headless", "-n", "--listen", v.address, "-u", "init.lua", "-i", "NONE", file)
	cmd.Dir, cmd.Env = dir, v.env
	var printed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &printed
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		v.run("--remote-send", "<C-\\><C-n>:qa!<CR>") // it may be gone when it answers
		if err := cmd.Wait(); err != nil {
			t.Errorf("nvim: %v", err)
		}
		if t.Failed() {
			t.Logf("nvim printed:\n%s", printed.String())
		}
	})
	v.wait("starts", func() bool { _, err := os.Stat(v.address); return err == nil })
	v.wait("is served", func() bool { return v.lua("#vim.lsp.get_active_clients()") == "1" })
	return v
}

const kubeconfig = `apiVersion: v1
kind: Config
current-context: kind-dev
contexts:
- {name: kind-dev, context: {cluster: dev, user: dev}}
- {name: prod-eu, context: {cluster: dev, user: dev}}
clusters:
- {name: dev, cluster: {server: "https://127.0.0.1:1"}}
users:
- {name: dev, user: {}}
`

func (v *neovim) run(args ...string) string {
	cmd := exec.Command(v.path, append([]string{"--server", v.address}, args...)...)
	cmd.Env = v.env
	out, _ := cmd.CombinedOutput() // an error shows in what the test waits for
	return strings.TrimSpace(string(out))
}

// keys types keys, in Vim's notation.
func (v *neovim) keys(keys string) { v.run("--remote-send", keys) }

// lua evaluates an expression.
func (v *neovim) lua(expr string) string {
	return v.run("--remote-expr", `luaeval("`+strings.ReplaceAll(strings.ReplaceAll(expr, `\`, `\\`), `"`, `\"`)+`")`)
}

func (v *neovim) wait(what string, done func() bool) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			v.t.Fatalf("it never %s; messages: %s", what, v.run("--remote-expr", `execute("messages")`))
		}
	}
}

// shows waits until an expression has a value.
func (v *neovim) shows(expr, want string) {
	v.t.Helper()
	var got string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if got = v.lua(expr); got == want {
			return
		}
	}
	v.t.Errorf("%s\n%s\nmessages: %s", expr, cmp.Diff(want, got), v.run("--remote-expr", `execute("messages")`))
}

// buffer is the contents of a file as the editor has it.
func buffer(name string) string {
	return fmt.Sprintf(`table.concat(vim.api.nvim_buf_get_lines(vim.fn.bufnr('%s'), 0, -1, false), '|')`, name)
}

const (
	diagnostics = `table.concat(vim.tbl_map(function(d) return d.lnum .. ':' .. d.col .. ' ' .. d.message end, vim.diagnostic.get(0)), '|')`
	menu        = `table.concat(vim.tbl_map(function(i) return i.word end, vim.fn.complete_info({'items'}).items), '|')`
	// floating is the contents of the windows that float, such as hover.
	floating = `table.concat(vim.tbl_map(function(w) return vim.api.nvim_win_get_config(w).relative ~= '' and table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(w), 0, 3, false), '|') or '' end, vim.api.nvim_list_wins()), '')`
)

var project = []string{
	"Clusterfile", `load("lib.star", "push_name")

c = k8s_cluster("kind-dev")
output("web", push_name(c, "web"))
output("arch", c.status.arhc)
`,
	"lib.star", `def push_name(cluster, name):
    """Names an image."""
    return cluster.image("shop/" + name).local
`,
}

// TestNeovim is a session of a person who writes a Clusterfile.
func TestNeovim(t *testing.T) {
	v := edit(t, "Clusterfile", project...)

	t.Log("diagnostics, as the file is opened")
	v.shows(diagnostics, "4:24 ClusterStatus has no .arhc field or method (did you mean .arch?)")

	t.Log("the quick fix of one")
	v.keys(`:lua vim.ui.select = function(items, _, choose) choose(items[1]) end<CR>`) // takes the first choice
	v.keys(`5G25|\a`)
	v.shows("vim.fn.getline(5)", `output("arch", c.status.arch)`)
	v.shows(diagnostics, "")

	t.Log("completion of attributes, on a line that does not parse")
	v.keys(`Goif c.conn<C-x><C-o>`)
	v.shows(menu, "connected")
	v.keys(`<Esc>u`)

	t.Log("completion of contexts in a string")
	v.keys(`Gok8s_cluster("<C-x><C-o>`)
	v.shows(menu, "kind-dev|prod-eu")
	v.keys(`<Esc>u`)

	t.Log("hover")
	v.keys(`4G0K`)
	v.wait("shows the documentation of output", func() bool { return strings.Contains(v.lua(floating), "output(name, value)") })
	v.keys(`4G015lK`)
	v.wait("shows the documentation of push_name", func() bool { return strings.Contains(v.lua(floating), "push_name(cluster, name)") })

	t.Log("definition, in another file")
	v.keys(`4G015lgd`)
	v.shows(`vim.fn.expand('%:t') .. vim.fn.line('.') .. ':' .. vim.fn.col('.')`, "lib.star1:5")

	t.Log("rename, in both files")
	v.keys(`:lua vim.lsp.buf.rename('push')<CR>`)
	v.shows(buffer("lib.star"), `def push(cluster, name):|    """Names an image."""|    return cluster.image("shop/" + name).local`)
	v.shows(buffer("Clusterfile"), `load("lib.star", "push")||c = k8s_cluster("kind-dev")|output("web", push(c, "web"))|output("arch", c.status.arch)`)

	t.Log("formatting")
	v.keys(`:b Clusterfile<CR>3G0f=i  <Esc>`)
	// By default they wait for a second, which a busy machine exceeds.
	v.keys(`:lua if vim.lsp.buf.format then vim.lsp.buf.format({timeout_ms = 60000}) else vim.lsp.buf.formatting_sync(nil, 60000) end<CR>`)
	v.shows("vim.fn.getline(3)", `c = k8s_cluster("kind-dev")`)
	v.shows(diagnostics, "")
}

// TestNeovimTiltfile: a Tiltfile has the names of Tiltfiles.
func TestNeovimTiltfile(t *testing.T) {
	v := edit(t, "Tiltfile", "Tiltfile", "docker_build('shop/web', '.')\nk8s_yaml('web.yaml')\nlocal_resurce('x')\n")
	v.shows(diagnostics, "2:0 undefined: local_resurce (did you mean local_resource?)")
	v.keys(`Godocker_bu<C-x><C-o>`)
	v.wait("completes docker_build", func() bool { return strings.Contains(v.lua(menu), "docker_build") })
	v.keys(`<Esc>`)
}
