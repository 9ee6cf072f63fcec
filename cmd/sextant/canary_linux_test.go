package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/diag"
)

// forged is how a line would begin that a foreign string made.
const forged = "FORGED"

// canary is every character that a terminal acts on, and a line of its own.
func canary() string {
	var b strings.Builder
	b.WriteString("canary ")
	for r := rune(0); r < 0xa0; r++ {
		if r < ' ' || r >= 0x7f {
			b.WriteRune(r)
		}
	}
	for _, r := range []rune{0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0xe0041} {
		b.WriteRune(r)
	}
	b.WriteString("\x1b]0;title\x07\x1b[2J\r" + forged + "\n" + forged + " line\n" + forged)
	return b.String()
}

// held fails the test if a string is not printable, or a line of it is forged.
func held(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsFunc(text, diag.IsUnprintable) {
		t.Errorf("%s: a terminal acts on what it prints\n%q", what, text[:min(len(text), 3000)])
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, forged) {
			t.Errorf("%s: forged the line %q in\n%s", what, line, text[:min(len(text), 3000)])
			break
		}
	}
	if !strings.Contains(text, "canary") {
		t.Errorf("%s shows no canary\n%s", what, text[:min(len(text), 1000)])
	}
}

// yamlQuoted is a string as YAML and JSON decoders take it, whatever it holds.
func yamlQuoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r < ' ' || diag.IsUnprintable(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// hostileRecordingOf is a recording with a canary in every string that is not constrained.
func hostileRecordingOf(text string) string {
	c := yamlQuoted(text)
	return fmt.Sprintf(`{"apiVersion": "tilt.dev/v1alpha1", "kind": "ClusterList", "metadata": {}, "items": [
{"metadata": {"name": "dev", "labels": {"a": %[1]s}, "annotations": {"b": %[1]s}}, "spec": {"connection": {"kubernetes": {"context": "dev"}}}, "status": {
 "connectedAt": "2026-01-02T03:04:05.000000Z", "version": %[1]s, "arch": %[1]s, "architectures": [%[1]s], "archReason": %[1]s, "productReason": %[1]s,
 "registryReason": %[1]s, "endpoint": %[1]s, "identity": %[1]s,
 "connection": {"kubernetes": {"cluster": %[1]s, "context": %[1]s, "namespace": %[1]s, "product": %[1]s}},
 "registry": {"host": "localhost:5000", "help": %[1]s}}},
{"metadata": {"name": "down"}, "spec": {"connection": {"kubernetes": {"context": "down"}}}, "status": {"error": %[1]s}}]}`, c)
}

// canaries are the strings that the rows below are made of.
type canaries struct {
	text string // every control character
	star string // text as a literal of a script
	line string // the same on one line: what a script prints has the lines that it makes
	name string // of a folder
}

func newCanaries() canaries {
	text := canary()
	star := strings.NewReplacer("\\a", "\\x07", "\\b", "\\x08", "\\f", "\\x0c", "\\v", "\\x0b").Replace(strconv.QuoteToASCII(text))
	return canaries{
		text: text, star: star,
		line: strings.ReplaceAll(star, `\n`+forged, `\t`+forged),
		name: strings.NewReplacer("/", "_", "\x00", "").Replace(text[strings.Index(text, "\x1b]"):]) + " canary",
	}
}

// comment is the text on one line of a script, to which a carriage return ends one too.
func (c canaries) comment() string { return strings.NewReplacer("\n", "", "\r", "").Replace(c.text) }

// replayed are command lines that run a script on a hostile recording.
func (c canaries) replayed() [][]string {
	return [][]string{
		{"eval"}, {"eval", "-o", "table"}, {"eval", "-o", "wide"}, {"eval", "-o", "yaml"}, {"eval", "-o", "json"}, {"eval", "-o", "name"}, {"eval", "-v"},
		{"eval", "-o", "jsonpath={.items[*].status.version}"}, {"eval", "-o", "custom-columns=VERSION:.status.version"},
		{"output", "-o", "json"}, {"output", "-o", "yaml"}, {"output", "-o", "env"}, {"output", "-o", "dotenv"}, {"output", "-o", "make"}, {"output", "-o", "github"},
		{"output", "status"}, {"output", c.text},
		{"render"}, {"render", "--explain"}, {"render", "--check"}, {"render", "--output-dir", "rendered"},
		{"image", "web", "-f", "Clusterfile", "-o", "table"}, {"image", "web", "-f", "Clusterfile", "-o", "json"}, {"image", c.text, "-f", "Clusterfile"},
		{"doctor", "-o", "table"}, {"doctor", "-o", "json"},
		{"eval", "fails.star"}, {"eval", "raises.star"}, {"eval", c.text}, {"eval", "-o", c.text}, {"repl", "-c", "print(" + c.line + ")", "Clusterfile"},
		{"builds", "-o", "table", "Tiltfile"}, {"builds", "-o", "json", "Tiltfile"}, {"builds", "-o", "bake", "Tiltfile"}, {"builds", "-o", "matrix", "Tiltfile"},
		{"builds", "-o", "bake", "--generated", "gen", "Tiltfile"}, {"builds", "--image", c.text, "Tiltfile"},
		{"resources", "-o", "table", "Tiltfile"}, {"resources", "-o", "json", "Tiltfile"}, {"resources", "-o", "dot", "Tiltfile"}, {"resources", c.text},
	}
}

// unconnected are command lines that need no cluster.
func (c canaries) unconnected() [][]string {
	return [][]string{
		{"test", c.name, "t", "plain"}, {"test", "-o", "text", c.name, "t"}, {"test", "-o", "json", c.name, "t"}, {"test", "-o", "junit", c.name, "t", "plain"},
		{"test", "--diff", c.name, "t", "plain"}, {"test", "--cover", c.name, "t"}, {"test", "--update", "plain"}, {"test", c.text},
		{"check", c.name}, {"check", "-o", "text", c.name}, {"check", "-o", "json", c.name}, {"check", c.name + "/none"},
		{"fmt", "--diff", c.name + "/unformatted.star"}, {"fmt", "--check", c.name}, {"fmt", c.name + "/broken.star"}, {"fmt", "--diff", "-"}, {"fmt", c.text},
		{"lsp"}, {c.text}, {"eval", "--" + c.text}, {"doc", c.text},
	}
}

// served are command lines that connect to hostile servers.
func (c canaries) served() [][]string {
	return [][]string{
		{"eval"}, {"eval", "-o", "wide"}, {"eval", "-o", "yaml"}, {"eval", "-o", "json"}, {"eval", "-o", "name"}, {"eval", "-v"},
		{"output"}, {"output", "-o", "yaml"}, {"output", "s"}, {"doctor"}, {"image", "web", "-f", "Clusterfile"},
		{"apply", "dev"}, {"apply", c.text}, {"exec", "dev", "--", "true"}, {"exec", "dev", "--", c.text}, {"exec", c.text, "--", "true"},
		{"watch", "--for", "500ms", "-o", "table"}, {"watch", "--for", "500ms", "-o", "json"}, {"watch", c.text},
		{"repl", "Clusterfile"}, {"init", "--context", "dev", c.name}, {"init", "--context", c.text, "canary"},
	}
}

// inputs are what commands read on standard input.
func (c canaries) inputs(command string) string {
	switch command {
	case "repl":
		return "print(c.status)\n" + c.star + "\nfail(" + c.star + ")\n"
	case "fmt":
		return "x=1 # " + c.comment()
	case "lsp":
		var b strings.Builder
		for _, message := range []string{
			`{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}`,
			`{"jsonrpc": "2.0", "method": "initialized", "params": {}}`,
			`{"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": {"uri": "file:///canary/Clusterfile", "languageId": "starlark", "version": 1, "text": ` +
				strings.ReplaceAll(yamlQuoted("load('canary "+strings.ReplaceAll(c.text, "\n", "")+"', 'x')\ncanary_undefined()\n"), `\U0000`, `\u`) + `}}}`,
			`{"jsonrpc": "2.0", "id": 2, "method": "` + "canary" + `", "params": {}}`,
			`{"jsonrpc": "2.0", "id": 3, "method": "shutdown"}`,
			`{"jsonrpc": "2.0", "method": "exit"}`,
		} {
			message = strings.ReplaceAll(message, `\U000e0041`, "A") // JSON has no such escape
			fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(message), message)
		}
		return b.String()
	}
	return ""
}

// start runs a command line and holds what it prints.
func (c canaries) start(t *testing.T, args []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(file, []byte(c.inputs(args[0])), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	defer func(old *os.File) { os.Stdin = old }(os.Stdin)
	os.Stdin = stdin
	_, said := started(t, args...)
	switch {
	case slices.Equal(args[:min(len(args), 2)], []string{"output", "status"}):
		said = strings.ReplaceAll(said, `"`, "") // JSON by contract
	case args[0] == "lsp":
		said = strings.ReplaceAll(said, "\r\n", "\n") // of headers
	}
	held(t, strings.Join(args, " "), said)
}

// TestCanary sends every control character through each place that others fill, in
// every command and format.
func TestCanary(t *testing.T) {
	t.Setenv("KUBECONFIG", "/nonexistent/kubeconfig")
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	c := newCanaries()
	t.Chdir(t.TempDir())
	files := map[string]string{
		"clusters.yaml": hostileRecordingOf(c.text),
		"Clusterfile": `c = k8s_cluster("dev")
k8s_cluster("down", name="down")
warn(` + c.star + `)
k8s_yaml(blob("kind: \"canary \\e[2J\\nFORGED\"\nmetadata: {name: \"a\\e[31m\\u202eb\\nFORGED\"}\nspec: {containers: [{image: \"we\\u202eb canary\\e\"}, {image: web}]}\n"), cluster=c)
c.image("web")
print("canary", c.status)
output("text", ` + c.star + `)
output("status", c.status)
`,
		"Tiltfile": "print('canary')\ndocker_build('canary', '.', dockerfile_contents=" + c.star + ", build_args={'A': " + c.star + "}, entrypoint=" + c.star + ")\n" +
			"local_resource('canary' + " + c.star + ", 'echo ' + " + c.star + ", labels=['x'])\n",
		"fails.star":                     "fail(" + c.star + ")\n",
		"raises.star":                    "k8s_cluster('down', name='down').registry\n",
		"bad.yaml":                       "a: 1\n",
		c.name + "/Clusterfile":          "print(" + c.line + ")\nfail(" + c.star + ")\n",
		c.name + "/bad.star":             "undefined_name\n",
		c.name + "/unformatted.star":     "x=1 # " + c.comment() + "\n",
		c.name + "/broken.star":          "x = = " + c.text + "\n",
		c.name + "/want.print":           "old\n" + c.text,
		c.name + "/want.error":           c.text,
		c.name + "/x_test.star":          "def test_1(): assert.eq(" + c.star + ", 1)\ndef test_2(): fail(" + c.star + ")\n",
		"t/" + c.name + ".txtar":         "-- Clusterfile --\nprint(1)\n-- want.print --\n" + c.text + "\n",
		"plain/Clusterfile":              "print('canary')\n",
		"plain/want." + c.name + ".yaml": "",
	}
	for file, text := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range c.replayed() {
		c.start(t, append(args, "--clusters", "clusters.yaml"))
	}
	for _, args := range c.unconnected() {
		c.start(t, args)
	}
}

// TestCanaryOfServers has servers answer with what a terminal acts on.
func TestCanaryOfServers(t *testing.T) {
	t.Chdir(t.TempDir())
	c := newCanaries()
	text := c.text
	server := clustertest.NewKube(t, clustertest.KubeFacts{
		Name: "dev", Version: "v1.2" + text, UID: text,
		Nodes:      []clustertest.Node{{Name: text, Labels: map[string]string{"kubernetes.io/arch": text}, Annotations: map[string]string{"kind.x-k8s.io/registry": text}}},
		ConfigMaps: clustertest.LocalRegistry("help: " + yamlQuoted(text)),
	})
	t.Setenv("KUBECONFIG", clustertest.WriteKubeconfig(t, server))
	daemon := clustertest.NewDocker(t, clustertest.DockerFacts{Version: text, Arch: text})
	t.Setenv("DOCKER_HOST", daemon.Host())
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	script := "c = k8s_cluster('dev')\nd = docker_cluster()\nprint(c.status, d.status, c.status.version)\noutput('s', [c.status, d.status])\nk8s_yaml(blob('a: canary\\n'), cluster=c)\n"
	if err := errors.Join(os.WriteFile("Clusterfile", []byte(script), 0o644), os.Mkdir(c.name, 0o755),
		os.WriteFile(filepath.Join(bin, "kubectl"), []byte("#!/bin/sh\nexec cat\n"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for _, args := range c.served() {
		c.start(t, args)
	}
}

// TestCanaryIsComplete: every command and format is in TestCanary or
// TestCanaryOfServers, but for those that print nothing of others'.
func TestCanaryIsComplete(t *testing.T) {
	own := regexp.MustCompile(`^(help|(version|completion)( .*)?|doc -o .*)$`)
	c := newCanaries()
	rows := slices.Concat(c.replayed(), c.unconnected(), c.served())
	has := func(args ...string) bool {
		return slices.ContainsFunc(rows, func(row []string) bool {
			return row[0] == args[0] && strings.Contains(strings.Join(row, " "), strings.Join(args[1:], " "))
		})
	}
	need := func(args ...string) {
		if line := strings.Join(args, " "); !own.MatchString(line) && !has(args...) {
			t.Errorf("no canary goes through sextant %s: add a row", line)
		}
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		path := strings.TrimPrefix(cmd.CommandPath(), "sextant ")
		if cmd.Runnable() && cmd.HasParent() {
			need(path)
			if formats, ok := cmd.GetFlagCompletionFunc("output"); ok {
				names, _ := formats(cmd, nil, "")
				for _, name := range names {
					need(path, "-o", name)
				}
			}
			for _, flag := range []string{"diff", "explain", "check", "cover", "output-dir", "generated"} {
				if cmd.Flags().Lookup(flag) != nil {
					need(path, "--"+flag)
				}
			}
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRootCommand(&app{}))
}
