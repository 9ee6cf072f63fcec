package attack

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// input is a file of a stranger that a command reads.
type input struct {
	// name describes what is wrong with it.
	name string
	// file is its path, and text what it holds; see put for what is no plain file.
	file, text string
	// args are the command line, code its exit code, -1 for any that commands end with,
	// and want a part of what it prints.
	args []string
	code int
	want string
	// others are files beside it, alternating names and contents.
	others []string
	// stdin is what the command reads from standard input.
	stdin string
	// raw reports that the output is bytes by contract.
	raw bool
}

// Texts of files that are none.
const (
	fifo    = "\x00fifo"
	folder  = "\x00folder"
	sparse  = "\x00sparse" // 2 GiB of zeros that take no place
	symlink = "\x00link:"
)

// put is write for a file of an input, which may be no plain one.
func (w *workplace) put(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	switch {
	case err != nil:
	case text == fifo:
		err = syscall.Mkfifo(path, 0o644)
	case text == folder:
		err = os.Mkdir(path, 0o755)
	case text == sparse:
		if err = os.WriteFile(path, nil, 0o644); err == nil {
			err = os.Truncate(path, 2<<30)
		}
	case strings.HasPrefix(text, symlink):
		err = os.Symlink(strings.TrimPrefix(text, symlink), path)
	default:
		w.write(t, name, text)
	}
	if err != nil {
		t.Fatal(err)
	}
}

const (
	inputTime = 30 * time.Second // on a busy machine; a second on another
	inputRSS  = 512 << 20
	inputSaid = 4 << 20 // bytes on standard error
)

// forged is what nobody may see, unless the output is bytes by contract: what a
// terminal acts on, or a line that begins as a stranger's text wants it to.
var forged = regexp.MustCompile("[\x00-\x08\x0b-\x1f\x7f\u0080-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]|(?m)^(::error|FORGED)")

// runInputs runs each command with its input: it ends in time and within memory, as
// commands end, and forges nothing.
func runInputs(t *testing.T, rows []input) {
	t.Helper()
	command(t) // is built the first time
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			w := newWorkplace(t)
			w.put(t, row.file, row.text)
			for i := 0; i < len(row.others); i += 2 {
				w.put(t, row.others[i], row.others[i+1])
			}
			stdout, stderr, code, peak := w.runMeasured(t, inputTime, row.stdin, row.args...)
			said := stdout + stderr
			if code != row.code && (row.code >= 0 || code < 0 || code > 3) || !strings.Contains(said, row.want) {
				t.Errorf("exit code %d, want %d and %q, got\n%s", code, row.code, row.want, lastLines(said, 6))
			}
			if bad := notSaid.FindString(said); bad != "" {
				t.Errorf("%q is said\n%s", bad, said[:min(len(said), 2000)])
			}
			if bad := forged.FindStringIndex(stderr); bad != nil {
				t.Errorf("forged on standard error: %q", stderr[max(0, bad[0]-50):min(bad[1]+50, len(stderr))])
			}
			if bad := forged.FindStringIndex(stdout); bad != nil && !row.raw {
				t.Errorf("forged on standard output: %q", stdout[max(0, bad[0]-50):min(bad[1]+50, len(stdout))])
			}
			if len(stderr) > inputSaid {
				t.Errorf("%d bytes on standard error: %s", len(stderr), stderr[:1000])
			}
			if peak > inputRSS {
				t.Errorf("it took %d MiB", peak>>20)
			}
			if left := w.leftBehind(t); left != nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

const hostileText = "\x1b]0;x\x07\u202egnp\u2066\r\n::error::x\nFORGED\x00"

// hostileYAML is that text as a scalar of YAML.
const hostileYAML = `"\e]0;x\a\u202Egnp\u2066\r\n::error::x\nFORGED"`

// bomb is YAML whose aliases have a billion leaves.
var bomb = func() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}()

// recordingWith is a recording of one cluster with more in its status.
func recordingWith(status string) string {
	connected := ", connectedAt: '2026-01-02T03:04:05.000000Z'"
	if strings.Contains(status, "connectedAt:") || strings.HasPrefix(status, "error:") {
		connected = ""
	}
	return "apiVersion: tilt.dev/v1alpha1\nkind: ClusterList\nmetadata: {}\nitems:\n- metadata: {name: dev}\n  spec: {connection: {kubernetes: {context: dev}}}\n  status: {" + status + connected + "}\n"
}

// TestHostileRecordings: what --clusters names.
func TestHostileRecordings(t *testing.T) {
	script := []string{"Clusterfile", "c = k8s_cluster('dev')\nprint(repr(c.status), c.connected)\nif c.connected: print(repr(c.registry), repr(c.architectures))\noutput('v', c.status.version)\n"}
	eval := []string{"eval", "-o", "wide", "--clusters", "clusters.yaml"}
	var rows []input
	add := func(name, text string, code int, want string) {
		rows = append(rows, input{name: name, file: "clusters.yaml", text: text, args: eval, code: code, want: want, others: script})
	}
	bad := func(name, text, want string) { add(name, text, 1, "Error: clusters.yaml"+want) }
	unread := func(name, text string) { add(name, text, 2, "sextant: --clusters: ") }
	bad("empty", "", ":")
	bad("NUL", "items:\n- \x00\n", ":")
	bad("invalid UTF-8", "items: [\xff\xfe]\n", ":")
	add("BOM", "\ufeff"+recordingWith("version: v1"), 0, "v1")
	bad("UTF-16", "\xff\xfei\x00t\x00e\x00m\x00s\x00", ":")
	bad("an alias bomb", bomb, ":")
	bad("an alias bomb as a label", strings.Replace(recordingWith("version: v1"), "{name: dev}", "{name: dev, labels: *a9}", 1)+bomb, ":")
	bad("an anchor in itself", "a: &a {b: *a}\nitems: *a\n", ":")
	bad("a giant anchor name", "x: &"+strings.Repeat("a", 1<<20)+" 1\n", ":")
	bad("deep flow nesting", strings.Repeat("[", 1<<20), ":")
	bad("deep block nesting", strings.Repeat("- ", 1<<16)+"x\n", ":")
	bad("a deep field", "items:\n- status: "+strings.Repeat("{a: ", 5000)+strings.Repeat("}", 5000)+"\n", ":")
	bad("a duplicate key", recordingWith("version: v1, version: v2"), ":")
	bad("a duplicate top key", recordingWith("version: v1")+"items: []\n", ":")
	bad("a merge key", "x: &x {version: v9}\n"+recordingWith("<<: *x"), ":")
	bad("a list of lists", "items: [[[]]]\n", ":")
	bad("a string for items", "kind: ClusterList\nitems: x\n", ":")
	bad("a tag of Go", "items: !!python/object:os.system [x]\n", ":")
	add("a binary tag", recordingWith("version: !!binary AAAA"), 0, "")
	bad("another kind", "apiVersion: v1\nkind: Secret\ndata: {}\n", ":")
	bad("many documents", strings.Repeat("---\nkind: ClusterList\n", 10000), ":")
	bad("two names of one", recordingWith("version: v1")+"- metadata: {name: dev}\n  spec: {connection: {kubernetes: {context: dev}}}\n", ":")
	unread("2 GiB", sparse)
	bad("a pipe", fifo, ":")
	unread("a folder", folder)
	unread("a link to a device", symlink+"/dev/zero")
	unread("a link to itself", symlink+"clusters.yaml")
	unread("a link outside", symlink+"/etc/hostname")
	bad("JSON that ends early", `{"items": [{"metadata": {"name": "dev"`, ":")
	bad("JSON with a huge number", `{"kind": "ClusterList", "items": [{"metadata": {"generation": 1e999999999}}]}`, ":")
	bad("many clusters", "kind: ClusterList\napiVersion: tilt.dev/v1alpha1\nitems:\n"+strings.Repeat("- {}\n", 1<<18), ": not a ClusterList: over the limit of 20000 for items")
	bad("many values", "items: ["+strings.Repeat("1,", 8<<20)+"]\n", ": not a ClusterList: over the limit of 2000000 for lines")
	for field, value := range map[string]string{
		"version": "[1]", "connectedAt": "0001-13-45T99:99:99Z", "registry": "x", "arch": "{}", "connection": "[]", "error": "{a: b}", "conditions": "x",
		"architectures": "5", "observedGeneration": "-99999999999999999999", "identity": "[[]]",
	} {
		bad("a wrong "+field, recordingWith(field+": "+value), ":")
	}
	bad("a year of five digits", recordingWith("version: v1, connectedAt: '99999-01-01T00:00:00Z'"), ":")
	add("a date before all", recordingWith("version: v1, connectedAt: '0001-01-01T00:00:00.000000Z'"), 0, "v1")
	bad("a date of 1e9 fractions", recordingWith("version: v1, connectedAt: '2026-01-01T00:00:00."+strings.Repeat("9", 1000)+"Z'"), ":")
	for field, code := range map[string]int{"version": 0, "error": 3, "arch": 0, "registryReason": 0, "productReason": 0, "endpoint": 0, "archReason": 0} {
		add("controls in "+field, recordingWith(field+": "+hostileYAML), code, "")
	}
	bad("controls in a registry", recordingWith("version: v1, registry: {host: "+hostileYAML+"}"), ":")
	add("controls in help", recordingWith("version: v1, registry: {host: localhost, help: "+hostileYAML+"}"), 0, "")
	add("controls in a product", recordingWith("version: v1, connection: {kubernetes: {cluster: "+hostileYAML+", context: "+hostileYAML+", namespace: "+hostileYAML+", product: "+hostileYAML+"}}"), 0, "")
	add("controls in a name", strings.Replace(recordingWith("version: v1"), "name: dev", "name: "+hostileYAML, 1), 1, "")
	add("controls in a key", recordingWith("version: v1, "+hostileYAML+": 1"), 0, "")
	bad("controls in an anchor", "&\x1b[2J x: y\n", ":")
	add("a version of 10 MB", recordingWith("version: "+strings.Repeat("v", 10<<20)), 0, "")
	add("an error of 10 MB", recordingWith("error: "+strings.Repeat("v", 10<<20)), 3, "")
	add("an arch of spaces", recordingWith("version: v1, arch: '  '"), 0, "")
	bad("a registry that is a URL", recordingWith("version: v1, registry: {host: 'https://user:pw@x/y?z'}"), ":")
	bad("a registry with a path up", recordingWith("version: v1, registry: {host: 'localhost:5000/../../x'}"), ":")
	runInputs(t, rows)
}

// TestHostilePrograms: what --exec names.
func TestHostilePrograms(t *testing.T) {
	script := []string{"Clusterfile", "print(local('x'))\nprint(local(['a', 'b'], stdin='y'))\n"}
	var rows []input
	add := func(name, text string, code int, want string) {
		rows = append(rows, input{name: name, file: "exec.yaml", text: text, args: []string{"eval", "--exec", "exec.yaml"}, code: code, want: want, others: script})
	}
	both := "- {args: [a, b], stdin: y, stdout: two}\n"
	add("empty", "", 1, "Clusterfile:1:")
	add("a shell and args", "programs: [{shell: x, args: [y]}]\n", 2, "programs[0]")
	add("neither", "programs: [{stdout: y}]\n", 2, "programs[0]")
	add("an unknown field", "programs: [{shell: x, run: rm}]\n", 2, "exec.yaml")
	add("an alias bomb", bomb, 2, "exec.yaml")
	add("a bomb as args", bomb+"programs: [{args: *a9}]\n", 2, "exec.yaml")
	add("a bomb of stdout", "programs:\n- &p {shell: x, stdout: &s "+strings.Repeat("y", 1<<19)+"}\n"+strings.Repeat("- *p\n", 9000), 1, "Clusterfile:2:12")
	add("deep nesting", "programs: "+strings.Repeat("[", 1<<20), 2, "exec.yaml")
	add("a duplicate key", "programs: [{shell: x, shell: y}]\n", 2, "exec.yaml")
	add("NUL in args", "programs:\n- {args: [\"a\\0\", b]}\n"+both, 1, "Clusterfile:1:")
	add("exit status -2", "programs:\n- {shell: x, exitStatus: -2}\n"+both, 2, "exec.yaml")
	add("exit status 1e99", "programs:\n- {shell: x, exitStatus: 1e99}\n"+both, 2, "exec.yaml")
	script = []string{"Clusterfile", "print(len(str(local('x', quiet=True))))\nprint(local(['a', 'b'], stdin='y'))\n"}
	add("controls in stdout", "programs:\n- {shell: x, stdout: "+hostileYAML+"}\n"+both, 0, "two")
	add("controls in stderr", "programs:\n- {shell: x, stderr: "+hostileYAML+", exitStatus: 1}\n"+both, 1, "Clusterfile:1:")
	add("controls in a key", "programs:\n- {"+hostileYAML+": x}\n", 2, "exec.yaml")
	add("controls in a kind", "kind: "+hostileYAML+"\n", 2, "exec.yaml")
	add("binary stdout", "programs:\n- {shell: x, stdout: !!binary /////w==}\n"+both, 0, "two")
	add("stdout of 20 MB", "programs:\n- {shell: x, stdout: "+strings.Repeat("y", 20<<20)+"}\n"+both, 0, "20971520")
	add("stderr of 20 MB", "programs:\n- {shell: x, stderr: "+strings.Repeat("y", 20<<20)+", exitStatus: 3}\n"+both, 1, "Clusterfile:1:")
	add("20,000 programs", "programs:\n"+strings.Repeat(both, 20000), 2, "10000")
	add("many values", "programs: ["+strings.Repeat("1,", 8<<20)+"]\n", 2, "over the limit of 4000000 for lines")
	add("a list for env", "programs:\n- {shell: x, env: [a]}\n", 2, "exec.yaml")
	add("a folder outside", "programs:\n- {shell: x, dir: ../../..}\n"+both, 1, "Clusterfile:1:")
	add("2 GiB", sparse, 2, "exec.yaml")
	add("a pipe", fifo, 1, "Clusterfile:1:")
	add("a folder", folder, 2, "exec.yaml")
	add("a link to a device", symlink+"/dev/zero", 2, "exec.yaml")
	add("invalid UTF-8", "programs: [{shell: \"\xff\"}]\n", 2, "exec.yaml")
	add("UTF-16", "\xff\xfep\x00r\x00", 2, "exec.yaml")
	add("two documents", "programs:\n- {shell: x, stdout: one}\n"+both+"---\nprograms: []\n", 2, "exec.yaml")
	runInputs(t, rows)
}

// TestHostileProjects: sextant.yaml.
func TestHostileProjects(t *testing.T) {
	var rows []input
	add := func(name, text string, code int, want string) {
		rows = append(rows, input{name: name, file: "sextant.yaml", text: text, args: []string{"eval"}, code: code, want: want, others: []string{"Clusterfile", "print('ran')\n"}})
	}
	add("empty", "", 0, "ran")
	add("an alias bomb", bomb, 2, "sextant.yaml")
	add("a bomb as root", "root: &r ["+strings.Repeat("x,", 100)+"]\n", 2, "sextant.yaml")
	add("an alias for file", "dialect: &d sextant\nfile: *d\n", 2, "sextant.yaml")
	add("a root outside", "root: ..\n", 2, "sextant.yaml")
	add("an absolute root", "root: /etc\n", 2, "sextant.yaml")
	add("a root with NUL", "root: \"a\\0b\"\n", 0, "ran")
	add("a root that is a file", "root: Clusterfile\n", 2, "")
	add("a file outside", "file: ../../etc/passwd\n", 2, "sextant.yaml")
	add("a file with controls", "file: "+hostileYAML+"\n", 0, "ran")
	add("a key with controls", hostileYAML+": x\n", 2, "sextant.yaml")
	add("a duplicate key", "root: .\nroot: .\n", 2, "sextant.yaml")
	add("a merge key", "<<: {root: .}\n", 2, "sextant.yaml")
	add("a negative timeout", "timeout: -5s\n", 2, "sextant.yaml")
	add("a huge timeout", "timeout: 999999999999h\n", 2, "sextant.yaml")
	add("a dialect of controls", "dialect: "+hostileYAML+"\n", 2, "sextant.yaml")
	add("a list", "- root\n", 2, "sextant.yaml")
	add("two documents", "root: .\n---\nroot: ..\n", 2, "sextant.yaml")
	add("deep nesting", strings.Repeat("[", 1<<20), 2, "sextant.yaml")
	add("many values", "root: ["+strings.Repeat("1,", 1<<20)+"]\n", 2, "it is larger than 65536 bytes")
	add("2 GiB", sparse, 2, "sextant.yaml")
	add("a pipe", fifo, 2, "sextant.yaml")
	add("a folder", folder, 2, "sextant.yaml")
	add("invalid UTF-8", "root: \xff\n", 2, "sextant.yaml")
	runInputs(t, rows)
}
