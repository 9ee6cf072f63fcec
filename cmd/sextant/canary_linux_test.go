package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/diag"
)

// forged is how a line would begin that a text from elsewhere made.
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

// held fails the test if a text is not printable, or a line of it is forged.
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

// yamlQuoted is a text as YAML and JSON decoders take it, whatever it holds.
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

// hostileRecordingOf is a recording with a canary in every text that may be free.
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

// TestCanary sends every control character through each place that others fill, in
// every command and format.
func TestCanary(t *testing.T) {
	t.Setenv("KUBECONFIG", "/nonexistent/kubeconfig")
	t.Setenv("DOCKER_HOST", "unix:///nonexistent/docker.sock")
	text := canary()
	quoted := strconv.QuoteToASCII(text)
	star := strings.NewReplacer("\\a", "\\x07", "\\b", "\\x08", "\\f", "\\x0c", "\\v", "\\x0b").Replace(quoted)
	// What a script prints has the lines that the script makes.
	line := strings.ReplaceAll(star, `\n`+forged, `\t`+forged)
	name := strings.NewReplacer("/", "_", "\x00", "").Replace(text[strings.Index(text, "\x1b]"):]) + " canary" // of a folder
	t.Chdir(t.TempDir())
	files := map[string]string{
		"clusters.yaml": hostileRecordingOf(text),
		"Clusterfile": `c = k8s_cluster("dev")
k8s_cluster("down", name="down")
warn(` + star + `)
k8s_yaml(blob("kind: \"canary \\e[2J\\nFORGED\"\nmetadata: {name: \"a\\e[31m\\u202eb\\nFORGED\"}\nspec: {containers: [{image: \"we\\u202eb canary\\e\"}, {image: web}]}\n"), cluster=c)
c.image("web")
print("canary", c.status)
output("text", ` + star + `)
output("status", c.status)
`,
		"fails.star":                   "fail(" + star + ")\n",
		"raises.star":                  "k8s_cluster('down', name='down').registry\n",
		"bad.yaml":                     "a: 1\n",
		name + "/Clusterfile":          "print(" + line + ")\nfail(" + star + ")\n",
		name + "/bad.star":             "undefined_name\n",
		name + "/want.print":           "old\n" + text,
		name + "/want.error":           text,
		name + "/x_test.star":          "def test_1(): assert.eq(" + star + ", 1)\ndef test_2(): fail(" + star + ")\n",
		"t/" + name + ".txtar":         "-- Clusterfile --\nprint(1)\n-- want.print --\n" + text + "\n",
		"plain/Clusterfile":            "print('canary')\n",
		"plain/want." + name + ".yaml": "",
	}
	for file, text := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	replay := []string{"--clusters", "clusters.yaml"}
	for _, args := range [][]string{
		{"eval"}, {"eval", "-o", "wide"}, {"eval", "-o", "yaml"}, {"eval", "-o", "json"}, {"eval", "-o", "name"}, {"eval", "-v"},
		{"output"}, {"output", "-o", "yaml"}, {"output", "-o", "env"}, {"output", "status"}, {"output", text},
		{"render", "--explain"}, {"render", "--check"},
		{"image", "web", "-f", "Clusterfile"}, {"image", "web", "-f", "Clusterfile", "-o", "json"}, {"image", text, "-f", "Clusterfile"},
		{"doctor"}, {"doctor", "-o", "json"},
		{"eval", "fails.star"}, {"eval", "raises.star"}, {"eval", text}, {"eval", "-o", text}, {"repl", "-c", "print(" + line + ")", "Clusterfile"},
	} {
		_, said := started(t, append(args, replay...)...)
		if len(args) == 2 && args[0] == "output" && args[1] == "status" {
			said = strings.ReplaceAll(said, `"`, "") // JSON by contract
		}
		held(t, strings.Join(args, " "), said)
	}
	for _, args := range [][]string{
		{"test", name, "t", "plain"}, {"test", "-o", "json", name, "t"}, {"test", "-o", "junit", name, "t", "plain"}, {"test", "--diff", name, "t", "plain"},
		{"test", "--cover", name, "t"}, {"test", "--update", "plain"}, {"check", name}, {"check", "-o", "json", name}, {"check", name + "/none"}, {"test", text}, {text}, {"eval", "--" + text}, {"doc", text},
	} {
		_, said := started(t, args...)
		held(t, strings.Join(args, " "), said)
	}
}

// TestCanaryOfServers has servers say what a terminal acts on.
func TestCanaryOfServers(t *testing.T) {
	t.Chdir(t.TempDir())
	text := canary()
	server := clustertest.NewKube(t, clustertest.KubeFacts{
		Name: "dev", Version: "v1.2" + text, UID: text,
		Nodes:      []clustertest.Node{{Name: text, Labels: map[string]string{"kubernetes.io/arch": text}, Annotations: map[string]string{"kind.x-k8s.io/registry": text}}},
		ConfigMaps: clustertest.LocalRegistry("help: " + yamlQuoted(text)),
	})
	t.Setenv("KUBECONFIG", clustertest.WriteKubeconfig(t, server))
	daemon := clustertest.NewDocker(t, clustertest.DockerFacts{Version: text, Arch: text})
	t.Setenv("DOCKER_HOST", daemon.Host())
	script := "c = k8s_cluster('dev')\nd = docker_cluster()\nprint(c.status, d.status, c.status.version)\noutput('s', [c.status, d.status])\n"
	if err := os.WriteFile("Clusterfile", []byte(script), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"eval"}, {"eval", "-o", "wide"}, {"eval", "-o", "yaml"}, {"eval", "-o", "json"}, {"eval", "-o", "name"}, {"eval", "-v"},
		{"output"}, {"output", "-o", "yaml"}, {"output", "s"}, {"doctor"}, {"image", "web", "-f", "Clusterfile"},
	} {
		_, said := started(t, args...)
		held(t, strings.Join(args, " "), said)
	}
}
