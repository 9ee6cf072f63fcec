package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cmd/sextant/internal/console"
)

// block is a fenced block of a Markdown page.
type block struct {
	place string // page:line of its first line
	// language and title are those of ```language title=NAME.
	language, title string
	lines           []string
}

var fence = regexp.MustCompile("^```([a-z]*)(?: +title=([^ ]+))?$")

// markdown returns the pages that people read: those at the root, in docs, and of examples.
func markdown(t *testing.T) []string {
	t.Helper()
	var pages []string
	for _, pattern := range []string{"*.md", "docs/*.md", "examples/*.md", "examples/*/*.md"} {
		found, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range found {
			pages = append(pages, strings.TrimPrefix(filepath.ToSlash(path), "../../"))
		}
	}
	return pages
}

// blocks returns the fenced blocks of a page.
func blocks(t *testing.T, page string) []block {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	var open *block
	for i, line := range strings.Split(string(data), "\n") {
		switch {
		case open != nil && line == "```":
			all = append(all, *open)
			open = nil
		case open != nil:
			open.lines = append(open.lines, line)
		case strings.HasPrefix(line, "```"):
			m := fence.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("%s:%d: %q is no fence that this test knows", page, i+1, line)
			}
			open = &block{place: fmt.Sprintf("%s:%d", page, i+2), language: m[1], title: m[2]}
		}
	}
	if open != nil {
		t.Fatalf("%s: the block is not closed", open.place)
	}
	return all
}

// TestTutorial does what docs/tutorial.md and README.md ask a reader to do: blocks
// with a title are files, and each "$ command" of a console block prints what the
// page shows. A line "..." is any lines. The cluster is a server in this process.
func TestTutorial(t *testing.T) {
	api := clustertest.NewKube(t, clustertest.KubeFacts{
		Name: "kind-dev",
		ConfigMaps: clustertest.LocalRegistry("host: \"localhost:5001\"\nhostFromContainerRuntime: \"kind-registry:5000\"\n" +
			"hostFromClusterNetwork: \"kind-registry:5000\""),
	})
	t.Setenv("KUBECONFIG", clustertest.WriteKubeconfig(t, api))
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	t.Setenv("GORACE", "atexit_sleep_ms=10")
	for _, page := range []string{"../../docs/tutorial.md", "../../README.md"} {
		dir := filepath.Join(t.TempDir(), "shop")
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		ran := 0
		for _, b := range blocks(t, page) {
			switch {
			case b.title != "":
				path := filepath.Join(dir, filepath.FromSlash(b.title))
				text := strings.Join(b.lines, "\n") + "\n"
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			case b.language == "console":
				ran += runBlock(t, b, dir)
			}
		}
		if ran == 0 {
			t.Errorf("%s: no command was run", page)
		}
	}
}

// runBlock runs the commands of a block and compares what they print, standard
// error included, in the order of the page.
func runBlock(t *testing.T, b block, dir string) (ran int) {
	t.Helper()
	var command string
	var want []string
	check := func() {
		if command == "" {
			return
		}
		ran++
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			out = fmt.Appendf(out, "[%v]\n", err)
		}
		got := strings.TrimRight(string(out), "\n")
		if !matches(strings.Split(got, "\n"), want) {
			t.Errorf("%s: $ %s\n%s", b.place, command, cmp.Diff(strings.Join(want, "\n"), got))
		}
	}
	for _, line := range b.lines {
		if next, ok := strings.CutPrefix(line, "$ "); ok {
			check()
			command, _, _ = strings.Cut(next, "  #")
			want = nil
			continue
		}
		want = append(want, line)
	}
	check()
	return ran
}

// matches compares lines; "..." in want is any number of lines.
func matches(got, want []string) bool {
	if len(got) == 1 && got[0] == "" {
		got = nil
	}
	for len(want) > 0 && want[len(want)-1] == "" {
		want = want[:len(want)-1]
	}
	for i, w := range want {
		if w == "..." {
			for skip := range len(got) - i + 1 {
				if matches(got[i+skip:], want[i+1:]) {
					return true
				}
			}
			return false
		}
		if i >= len(got) || got[i] != w {
			return false
		}
	}
	return len(got) == len(want)
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		got, want string
		match     bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"a\nb", "a", false}, {"a", "a\nb", false}, {"", "", true}, {"a", "", false},
		{"a\nb\nc", "a\n...\nc", true}, {"a\nc", "a\n...\nc", true}, {"a\nb", "...", true}, {"", "...", true}, {"a\nb", "...\nc", false}, {"a\nb", "a\n...", true},
	} {
		if got := matches(strings.Split(test.got, "\n"), strings.Split(test.want, "\n")); got != test.match {
			t.Errorf("matches(%q, %q) = %t", test.got, test.want, got)
		}
	}
}

// TestDocumentedCommands holds that each command line of each page is one that the
// command takes. TestPages holds the pages of the commands themselves.
func TestDocumentedCommands(t *testing.T) {
	count := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && (name == "testdata" || name == "commands" || name == "node_modules" || strings.HasPrefix(name, ".") && name != "..") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		for _, b := range blocks(t, path) {
			if b.language != "" && b.language != "console" && b.language != "sh" {
				continue
			}
			for _, line := range b.lines {
				count += parseCommand(t, b.place, strings.TrimPrefix(line, "$ "))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if count < 15 {
		t.Errorf("only %d command lines", count)
	}
}

// parseCommand checks a line that begins with a sextant command, and returns 1 for
// such a line.
func parseCommand(t *testing.T, place, line string) int {
	t.Helper()
	rest, ok := strings.CutPrefix(line, "sextant ")
	if !ok {
		return 0
	}
	rest, _, _ = strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, " | ")
	rest, _, _ = strings.Cut(rest, " > ")
	rest, _, _ = strings.Cut(rest, " && ")
	words := strings.Fields(rest)
	root := newRootCommand(&app{stdout: &bytes.Buffer{}, console: console.New(&bytes.Buffer{})})
	found, args, err := root.Find(words)
	if err == nil && found == root && len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		err = fmt.Errorf("no such command")
	}
	if err == nil {
		err = parses(found, args)
	}
	if err != nil {
		t.Errorf("%s: %s: %v", place, line, err)
	}
	return 1
}

func parses(cmd *cobra.Command, args []string) error {
	if err := cmd.ParseFlags(args); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

var link = regexp.MustCompile(`\]\(([^)#: ]+)(#[^)]*)?\)`)

// TestLinks: each link of a page to a file leads to one.
func TestLinks(t *testing.T) {
	for _, name := range markdown(t) {
		page := filepath.Join("../..", name)
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), filepath.FromSlash(m[1]))); err != nil {
				t.Errorf("%s links to %s: %v", page, m[1], err)
			}
		}
	}
}
