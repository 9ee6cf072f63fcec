package attack

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestHostileSources: scripts that are a bomb before a line of them runs.
func TestHostileSources(t *testing.T) { hostileSources(t, false) }

// hostileSources reads each script by a command, or by all that have their own way
// through one.
func hostileSources(t *testing.T, all bool) {
	var rows []input
	sources := map[string]string{
		"parentheses":            "x = " + strings.Repeat("(", 1<<18) + "1" + strings.Repeat(")", 1<<18),
		"open parentheses":       "x = " + strings.Repeat("(", 1<<19),
		"lists":                  "x = " + strings.Repeat("[", 1<<18) + strings.Repeat("]", 1<<18),
		"dicts":                  "x = " + strings.Repeat("{1:", 1<<17) + "1" + strings.Repeat("}", 1<<17),
		"calls":                  "x = " + strings.Repeat("f(", 1<<17) + strings.Repeat(")", 1<<17),
		"not":                    "x = " + strings.Repeat("not ", 1<<17) + "1",
		"minus":                  "x = " + strings.Repeat("-", 1<<19) + "1",
		"minus to run":           "x = " + strings.Repeat("- ", 500) + "1\nx(",
		"a sum":                  "x = " + strings.Repeat("1+", 1<<18) + "1",
		"a sum of texts":         "x = " + strings.Repeat("'a'+", 1<<17) + "'a'",
		"a chain of and":         "x = " + strings.Repeat("1 and ", 1<<17) + "1",
		"a chain of if":          "x = " + strings.Repeat("1 if 0 else ", 1<<16) + "1",
		"lambdas":                "x = " + strings.Repeat("lambda: ", 1<<16) + "1",
		"nested def":             nestedDef(2000),
		"nested if":              nestedBlocks("if 1:", 5000),
		"nested for":             nestedBlocks("for i in [1]:", 5000),
		"comprehensions":         "x = " + strings.Repeat("[", 1<<16) + "1" + strings.Repeat(" for i in [1]]", 1<<16),
		"clauses":                "x = [1" + strings.Repeat(" for i in [1]", 1<<15) + "]",
		"an index of indexes":    "x = 1" + strings.Repeat("[1]", 1<<17),
		"attributes":             "x = a" + strings.Repeat(".a", 1<<18),
		"slices":                 "x = a" + strings.Repeat("[:]", 1<<17),
		"a long line":            "x = '" + strings.Repeat("y", 1<<20) + "'",
		"a line of 10 MB":        "x = '" + strings.Repeat("y", 10<<20) + "'",
		"names":                  manyNames(1 << 15),
		"one name of a megabyte": strings.Repeat("n", 1<<20-10) + " = 1",
		"a long undefined name":  strings.Repeat("n", 1<<18) + " = " + strings.Repeat("m", 1<<18),
		"long undefined names":   manyOf("a%[1]d"+strings.Repeat("n", 900)+" = b%[1]d"+strings.Repeat("m", 900)+"\n", 500),
		"undefined names":        manyOf("a%[1]d = b%[1]d\n", 30_000),
		"parameters":             "def f(" + manyOf("p%d=1,", 1<<15) + "): pass",
		"the same parameter":     "def f(" + strings.Repeat("p,", 1<<16) + "): pass",
		"arguments":              "print(" + strings.Repeat("1,", 1<<17) + ")",
		"keywords":               "dict(" + manyOf("k%d=1,", 1<<15) + ")",
		"loads":                  manyOf("load('none%d.star', 'x')\n", 1<<14),
		"targets":                strings.Repeat("x = ", 1<<17) + "1",
		"unpacking":              "(" + strings.Repeat("a,", 1<<17) + ") = 1",
		"backslashes":            "x = 1" + strings.Repeat("\\\n", 1<<18),
		"NUL":                    "x = 1\x00\nfail('y')",
		"escapes":                "x = '" + strings.Repeat("\\U0010FFFF", 1<<16) + "'\nfail('y')",
		"a bad escape":           "x = '\\U99999999'",
		"a surrogate":            "x = '\\ud800'",
		"octal of 10^5 digits":   "x = 0o" + strings.Repeat("7", 100_000),
		"hex of 10^6 digits":     "x = 0x" + strings.Repeat("f", 1<<20-20),
		"digits":                 "x = " + strings.Repeat("9", 1<<20-20),
		"a float of 10^6 digits": "x = 1." + strings.Repeat("9", 1<<20-20) + "e999999999\nfail('y')",
		"a format string":        "x = f'{" + strings.Repeat("{", 1<<17) + "}'",
		"open triple quotes":     "x = '''" + strings.Repeat("y\n", 1<<18),
		"tabs and spaces":        "if 1:\n\tx = 1\n        x = 2\n",
		"dedents":                nestedBlocks("if 1:", 900) + "fail('y')",
		"a BOM in the middle":    "x = 1\n\ufeffy = 2\n",
		"controls":               "x = \x1b[2J\u202e",
		"controls in a comment":  "# \x1b[2J\u202e\n::error::",
		"invalid UTF-8":          "x = '\xff'\nfail(x)",
		"UTF-16":                 "\xff\xfex\x00 \x00=\x00",
		"CR alone":               "x = 1\rfail('y')",
		"a name of bidi":         "x\u202e = 1",
		"a shebang":              "#!/bin/sh\nfail('y')",
		"a load of itself":       "load('Clusterfile', 'x')",
		"a load of a device":     "load('/dev/zero', 'x')",
		"a load of a URL":        "load('https://evil.example.com/x.star', 'x')",
		"a load of controls":     "load('\\x1b[2J\\u202e', 'x')",
		"a load of a folder":     "load('.', 'x')",
		"a load of nothing":      "load('', 'x')",
	}
	commands := []string{"eval", "check", "fmt"}
	for i, name := range slices.Sorted(maps.Keys(sources)) {
		for n, command := range commands {
			if all || n == i%len(commands) {
				rows = append(rows, input{name: name + ", " + command, file: "Clusterfile", text: sources[name] + "\n", args: []string{command, "Clusterfile"}, code: -1})
			}
		}
	}
	const loads = 100
	chain := []string{}
	for i := range loads {
		chain = append(chain, fmt.Sprintf("l%d.star", i), fmt.Sprintf("load('l%d.star', 'x')\n", i+1))
	}
	rows = append(rows,
		input{name: "a chain of loads", file: "Clusterfile", text: "load('l0.star', 'x')\n", args: []string{"eval"}, code: 1, want: "loads nested too deep", others: chain},
		input{name: "a cycle of loads", file: "Clusterfile", text: "load('a.star', 'x')\n", args: []string{"eval"}, code: 1, want: "load cycle: a.star -> b.star -> a.star", others: []string{"a.star", "load('b.star', x='y')\n", "b.star", "load('a.star', y='x')\n"}},
		input{name: "a link to itself", file: "Clusterfile", text: symlink + "Clusterfile", args: []string{"eval"}, code: 1, want: "Clusterfile"},
		input{name: "a pipe", file: "Clusterfile", text: fifo, args: []string{"eval"}, code: 1, want: "Clusterfile"},
		input{name: "2 GiB", file: "Clusterfile", text: sparse, args: []string{"eval"}, code: 1, want: "Clusterfile"},
	)
	runInputs(t, rows)
}

func nestedDef(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "def f():\n")
		if b.Len() > 900_000 {
			n = i + 1
			break
		}
	}
	return b.String() + strings.Repeat(" ", n) + "pass"
}

func nestedBlocks(head string, n int) string {
	var b strings.Builder
	for i := range n {
		if b.Len()+2*i > 900_000 {
			n = i
			break
		}
		b.WriteString(strings.Repeat(" ", i) + head + "\n")
	}
	return b.String() + strings.Repeat(" ", n) + "pass\n"
}

func manyNames(n int) string { return manyOf("name_of_a_variable_%d = 1\n", n) }

func manyOf(format string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestHostileData: what scripts of both dialects read.
func TestHostileData(t *testing.T) {
	var rows []input
	tilt := func(name, file, text, script string, code int, want string) {
		rows = append(rows, input{name: file + ", " + name, file: file, text: text, args: []string{"eval", "--max-memory=256MiB", "Tiltfile"}, code: code, want: want, others: []string{"Tiltfile", script}})
	}
	const config = "config.define_string('a')\nconfig.define_bool('b')\nconfig.define_string_list('l')\nprint(len(str(config.parse())))\n"
	for name, text := range map[string]string{
		"a list": "[]", "deep": strings.Repeat("[", 1<<18), "an unknown key": `{"c": 1}`, "a wrong type": `{"a": {}}`, "null": `{"a": null}`, "a number": `{"b": 1e999999}`,
		"a list of lists": `{"l": [["x"]]}`, "controls in a key": `{"\u001b[2J\u202e\n::error::": 1}`, "controls in a value": `{"b": "\u001b[2J\u202e\n::error::"}`, "more": `{} {}`,
		"a surrogate": `{"a": "\ud800"}`, "invalid UTF-8": "{\"a\": \"\xff\"}", "NUL": "{\"a\": \x00}", "a comment": "// x\n{}", "a pipe": fifo, "2 GiB": sparse, "a folder": folder, "a device": symlink + "/dev/zero",
		"a long key": `{"` + strings.Repeat("k", 1<<20) + `": 1}`, "a long value": `{"b": "` + strings.Repeat("k", 1<<20) + `"}`, "many keys": "{" + manyOf(`"k%d": 1,`, 1<<16) + `"z": 1}`,
	} {
		tilt(name, "tilt_config.json", text, config, -1, "")
	}
	tilt("a duplicate key", "tilt_config.json", `{"a": "x", "a": "y"}`, config, -1, "")
	for name, text := range map[string]string{
		"a bomb": bomb + "services: *a9\n", "a bomb of ports": bomb + "services: {a: {image: x, ports: *a9}}\n", "deep": strings.Repeat("[", 1<<18), "no services": "x: 1\n", "a list": "- services\n",
		"itself": "include: [compose.yaml]\n", "outside": "include: [../../etc/passwd]\n", "extends itself": "services: {a: {extends: {service: a}}}\n",
		"extends in a cycle": "services: {a: {extends: {service: b}}, b: {extends: {service: a}}}\n", "extends outside": "services: {a: {extends: {file: /etc/passwd, service: a}}}\n",
		"a name with controls": "services: {" + hostileYAML + ": {image: x}}\n", "an image with controls": "services: {a: {image: " + hostileYAML + "}}\n",
		"a build outside": "services: {a: {build: {context: ../../.., dockerfile: /etc/passwd}}}\n", "an env file outside": "services: {a: {image: x, env_file: /etc/passwd}}\n",
		"a duplicate service": "services: {a: {image: x}, a: {image: y}}\n", "a merge key": "x: &x {image: y}\nservices: {a: {<<: *x}}\n", "a merge of itself": "services: &s {a: {<<: *s}}\n",
		"variables": "services: {a: {image: '${A:-${B:-${C:-${D}}}}'}}\n", "variables without end": "services: {a: {image: '" + strings.Repeat("${A:-", 10000) + "'}}\n", "a long port range": "services: {a: {image: x, ports: ['1-65535:1-65535/tcp']}}\n",
		"ports": "services: {a: {image: x, ports: ['-1:99999999999999999999']}}\n", "a port range of all": "services: {a: {image: x, ports: ['0-99999999:0-99999999']}}\n", "depends on itself": "services: {a: {image: x, depends_on: [a]}}\n",
		"10,000 services": "services:\n" + manyOf("  s%d: {image: x}\n", 10000), "NUL": "services: \x00\n", "invalid UTF-8": "services: {a: {image: \"\xff\"}}\n", "UTF-16": "\xff\xfes\x00", "a tag": "services: !!python/object x\n",
		"a pipe": fifo, "2 GiB": sparse, "a folder": folder, "a device": symlink + "/dev/zero", "wrong types": "services: {a: [], b: 1, c: {image: [], build: 5, ports: {}}}\n", "an empty service": "services: {a: }\n",
		"an include of a million": "include: [" + strings.Repeat("a.yaml,", 1<<18) + "]\n", "a profile of controls": "services: {a: {image: x, profiles: [" + hostileYAML + "]}}\n", "a date": "services: {a: {image: 99999-99-99}}\n",
	} {
		tilt(name, "compose.yaml", text, "docker_compose('compose.yaml')\n", -1, "")
	}
	const dotenv = "load('ext://dotenv', 'dotenv')\ndotenv(fn='.env')\nprint(len(str(os.environ)))\n"
	for name, text := range map[string]string{
		"controls": "A=\x1b[2J\u202e\n::error::=x\n", "no name": "=x\n", "no value": "A\n", "open quotes": "A=\"x\n", "itself": "A=${A}\nB=$B\n", "a bomb": "A=xxxxxxxxxx\n" + manyOf("A=$A$A$A$A$A$A$A$A$A$A #%d\n", 20),
		"commands": "A=$(touch ran)\nB=`touch ran`\n", "PATH": "PATH=/evil\nLD_PRELOAD=/evil.so\n", "NUL": "A=\x00\n", "many": manyOf("A%d=x\n", 1<<14), "a pipe": fifo, "2 GiB": sparse, "a device": symlink + "/dev/zero",
	} {
		tilt(name, ".env", text, dotenv, -1, "")
	}
	data := func(name, text string) {
		script := "print(len(str(read_yaml_stream('data'))))\nk8s_yaml('data', cluster=k8s_cluster('none'))\n"
		rows = append(rows, input{name: "data, " + name, file: "data", text: text, args: []string{"render", "--max-memory=256MiB", "--clusters", "clusters.yaml"}, code: -1, raw: true,
			others: []string{"Clusterfile", script, "clusters.yaml", strings.ReplaceAll(recordingWith("version: v1"), "dev", "none")}})
	}
	for name, text := range map[string]string{
		"a bomb": bomb, "a bomb of images": "kind: Pod\nspec:\n  containers: &c [{image: x}, {image: y}]\n  initContainers: *c\n" + bomb, "a merge bomb": "a: &a {x: 1}\n" + manyOf("b%d: {<<: [*a, *a, *a, *a]}\n", 10000), "itself": "&a [*a]\n", "keys of keys": "? {? {? x : y} : z} : w\n",
		"deep": strings.Repeat("{a: ", 20000), "deep lists": strings.Repeat("- ", 20000) + "x\n", "a million documents": strings.Repeat("---\n", 1<<20), "a million dashes": strings.Repeat("-\n", 1<<20), "long digits": "a: " + strings.Repeat("9", 1<<20) + "\n",
		"a date out of range": "a: 2026-99-99T99:99:99Z\n", "infinity": "a: [.inf, -.inf, .nan, 1e999]\n", "binary": "a: !!binary '%%%'\n", "a set": "a: !!set {x, y}\n", "unknown tags": "a: !<tag:evil> x\n", "a tab": "a:\n\tb: 1\n", "NUL": "a: \x00\n", "CR": "a: 1\rb: 2\r",
		"a directive": "%YAML 9.9\n---\na: 1\n", "many directives": strings.Repeat("%TAG !a! tag:x\n", 10000) + "---\na: 1\n", "a giant anchor": "a: &" + strings.Repeat("x", 1<<20) + " 1\n", "2 GiB": sparse, "a pipe": fifo,
		"an image of controls": "kind: Pod\nspec: {containers: [{image: " + hostileYAML + "}]}\n", "an image of 1 MB": "kind: Pod\nspec: {containers: [{image: " + strings.Repeat("x", 1<<20) + "}]}\n",
		"20,000 bad images": "kind: Pod\nspec:\n  containers:\n" + manyOf("  - {image: IMAGE_URL_%d}\n", 20000), "a kind of controls": "kind: " + hostileYAML + "\nmetadata: {name: " + hostileYAML + "}\nspec: {containers: [{image: '{{ x }}'}]}\n",
	} {
		data(name, text)
	}
	runInputs(t, rows)
}

// TestHostileTests: what `sextant test` and the console read.
func TestHostileTests(t *testing.T) {
	var rows []input
	add := func(name, file, text string, code int, want string, others ...string) {
		rows = append(rows, input{name: name, file: file, text: text, args: []string{"test", "."}, code: code, want: want, others: others})
	}
	const archive = "-- Clusterfile --\nprint(1)\n-- want.print --\n1\n"
	for name, text := range map[string]string{
		"a path up": "-- ../evil --\nx\n" + archive, "an absolute path": "-- /etc/evil --\nx\n" + archive, "a path of controls": "-- \x1b[2J\u202e --\nx\n" + archive, "NUL in a path": "-- a\x00b --\nx\n" + archive,
		"the same path": "-- a --\nx\n-- a --\ny\n" + archive, "a path that is a folder": "-- a --\nx\n-- a/b --\ny\n" + archive, "a deep path": "-- " + strings.Repeat("a/", 5000) + "b --\nx\n" + archive, "20,000 files": manyOf("-- f%d --\n", 20_000) + archive,
		"no script": "-- want.print --\n1\n", "an empty name": "--  --\nx\n" + archive, "a name of a megabyte": "-- " + strings.Repeat("a", 1<<20) + " --\nx\n" + archive,
		"a recording that is a bomb": "-- clusters.yaml --\n" + bomb + archive, "a recording of many": "-- clusters.yaml --\nitems: [" + strings.Repeat("1,", 8<<20) + "]\n" + strings.Replace(archive, "print(1)", "k8s_cluster('x')", 1),
		"an environment of controls": "-- env --\n\x1b[2J\u202e=x\n" + archive, "an environment without names": "-- env --\n=x\n=\n" + archive, "arguments of controls": "-- args --\n--\x1b[2J\u202e\n" + archive,
		"invalid UTF-8": "-- x --\n\xff\n" + archive, "CRLF": strings.ReplaceAll(archive, "\n", "\r\n"), "programs that are a bomb": "-- exec.yaml --\n" + bomb + strings.Replace(archive, "print(1)", "local('x')", 1),
	} {
		add("archive, "+name, "a.txtar", text, -1, "")
	}
	for name, text := range map[string]string{"a pipe": fifo, "2 GiB": sparse, "a device": symlink + "/dev/zero", "itself": symlink + "a.txtar"} {
		add("archive, "+name, "a.txtar", text, 1, "a.txtar")
	}
	for name, text := range map[string]string{"a pipe": fifo, "2 GiB": sparse, "a device": symlink + "/dev/zero", "a folder": folder, "a link outside": symlink + "/etc/hostname", "6 MB": strings.Repeat("x\n", 3<<20), "one line of 3 MB": strings.Repeat("x", 3<<20), "controls": hostileText} {
		add("golden, "+name, "t/want.print", text, -1, "", "t/Clusterfile", "print(1)\n")
	}
	add("a diff of two long files", "t/want.print", manyOf("%d\n", 100_000), 1, "want.print", "t/Clusterfile", "for i in range(100000): print(i * 7 % 100003)\n")
	add("a deep folder", "t/"+strings.Repeat("d/", 900)+"want.print", "1\n", -1, "", "t/Clusterfile", "print(1)\n")
	add("a name of controls", "t\x1b[2J\u202e/want.print", "1\n", -1, "", "t\x1b[2J\u202e/Clusterfile", "print(1)\n")
	add("a failure of controls", "x_test.star", "def test_x(): fail('\\x1b[2J\\u202e\\n::error::')\n", 1, "test_x")
	add("500 tests", "x_test.star", manyOf("def test_%d(): pass\n", 500), 0, "500 tests")
	add("an endless test", "x_test.star", "def test_x():\n  while True: pass\n", 1, "too many steps")
	for name, stdin := range map[string]string{
		"controls": "\x1b[2J\u202e\n", "NUL": "\x00\n", "a long line": strings.Repeat("x+", 1<<19) + "1\n", "open parentheses": strings.Repeat("(\n", 10_000), "an open string": "'''\n" + strings.Repeat("x\n", 1<<15), "an endless loop": "while True: pass\n\nprint(1)\n",
		"a long string": "'x' * (1 << 27)\n", "shared parts": "y = [1]\nfor i in range(60): y = [y, y]\n\ny\n", "invalid UTF-8": "'\xff'\n", "CR": "1\r2\r\n", "many lines": strings.Repeat("1\n", 10_000), "exit": "exit()\n1\n", "a def of itself": "def f(): f()\n\nf()\n",
	} {
		rows = append(rows, input{name: "console, " + name, file: "Clusterfile", text: "x = 1\n", args: []string{"repl", "--max-memory=256MiB", "--max-steps=1000000", "Clusterfile"}, code: -1, stdin: stdin})
	}
	runInputs(t, rows)
}

// TestHostileOutputs: whatever a script outputs is what a shell, GitHub, JSON and YAML
// read.
func TestHostileOutputs(t *testing.T) {
	// The formats for shells refuse what a terminal acts on; the canary of cmd/sextant
	// holds that.
	values := []string{
		"", "'", "''", "\"", "\\", "$(touch ran)", "`touch ran`", "$HOME", "${x}", "a\nb", "\n", "; touch ran", "&& touch ran", "| x", "!!", "#x", "~", "*", "-n", "a=b", "%s", "%PATH%", "$((1))", "\t", " ", "EOF\nx=y", "ghadelimiter\nx=y",
		"::error::x", "yes", "null", "0x1f", "1e3", "- a", "a: b", "{a", "*a", "&a", "!x", "|", ">", "%YAML", "---", "...", "e\u0301", "\U0001F600", strings.Repeat("x", 1<<16),
	}
	var script strings.Builder
	for i, v := range values {
		fmt.Fprintf(&script, "output('v%d', %s)\n", i, strconv.Quote(v))
	}
	w := newWorkplace(t, "Clusterfile", script.String())
	check := func(format string, got []string) {
		t.Helper()
		for i, want := range values {
			if i >= len(got) {
				t.Fatalf("-o %s: %d values, want %d", format, len(got), len(values))
			}
			if got[i] != want {
				t.Errorf("-o %s: value %d is %.60q, want %.60q", format, i, got[i], want)
			}
		}
	}
	run := func(format string) string {
		t.Helper()
		stdout, stderr, code := w.run(t, nil, "output", "-o", format)
		if code != 0 {
			t.Fatalf("-o %s: exit code %d\n%s", format, code, stderr)
		}
		return stdout
	}
	for _, format := range []string{"json", "yaml"} {
		named := map[string]string{}
		if err := yaml.Unmarshal([]byte(run(format)), &named); err != nil { // JSON is YAML
			t.Fatalf("-o %s: %v", format, err)
		}
		var got []string
		for i := range values {
			got = append(got, named[fmt.Sprintf("v%d", i)])
		}
		check(format, got)
	}
	script.Reset()
	script.WriteString(run("env"))
	for i := range values {
		fmt.Fprintf(&script, "printf '%%s\\0' \"$v%d\"\n", i)
	}
	shell := exec.Command("sh", "-eu")
	shell.Dir, shell.Stdin = w.dir, strings.NewReader(script.String())
	out, err := shell.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	check("env", strings.Split(string(out), "\x00"))
	check("github", githubValues(t, run("github")))
	if _, err := os.Stat(filepath.Join(w.dir, "ran")); err == nil {
		t.Error("a value was run")
	}
}

// githubValues reads what GitHub reads of a file of outputs.
func githubValues(t *testing.T, text string) (values []string) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		name, delimiter, ok := strings.Cut(lines[i], "<<")
		if _, value, plain := strings.Cut(lines[i], "="); plain && (!ok || strings.Contains(name, "=")) {
			values = append(values, value)
			continue
		}
		var value []string
		for i++; i < len(lines) && lines[i] != delimiter; i++ {
			value = append(value, lines[i])
		}
		if i == len(lines) {
			t.Fatalf("no end of %s", name)
		}
		values = append(values, strings.Join(value, "\n"))
	}
	return values
}
