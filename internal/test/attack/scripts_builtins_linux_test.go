package attack

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// worstArguments are what a parameter may be given, by an expression, at its worst.
var worstArguments = map[string]string{
	"a long text":        `"x" * (1 << 20)`,
	"deep JSON":          `"[" * (1 << 16)`,
	"long YAML":          `"a:\n" * (1 << 14)`,
	"a YAML bomb":        `"a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(["%s: &%s [%s]\n" % (b, b, ",".join(["*" + a] * 9)) for a, b in zip("abcdefgh".elems(), "bcdefghi".elems())])`,
	"digits":             `"9" * (1 << 20)`,
	"many lines":         `"a\n" * (1 << 18)`,
	"path of all":        `"../" * (1 << 18)`,
	"a long list":        `["x"] * (1 << 14)`,
	"a list of texts":    `["x" * (1 << 20)] * 8`,
	"a range":            `range(1 << 40)`,
	"shared parts":       `shared`,
	"a large dict":       `{"k%d" % i: "v" for i in range(1 << 12)}`,
	"a large number":     `1 << 500`,
	"a pattern":          `"(a*)*" * 1000`,
	"controls":           `"\x00\x1b[2J\r\n::error::\u202e" * 1000`,
	"a function forever": `forever`,
}

const worstPrelude = `shared = ["x"]
for i in range(40): shared = [shared, shared]
def forever(*args, **kwargs):
    while True: pass
`

// worstCall is a script that calls one function, with one of its parameters at its
// worst.
type worstCall struct{ what, file, script string }

// worstCalls are, for every parameter of every function of both dialects, so many of
// the worst arguments, each parameter with others.
func worstCalls(perParameter int) []worstCall { return callsWith(worstArguments, perParameter) }

func callsWith(values map[string]string, perParameter int) []worstCall {
	whats := slices.Sorted(maps.Keys(values))
	var calls []worstCall
	for _, dialect := range []struct {
		file, prelude string
		functions     []builtins.Function
	}{
		{"Clusterfile", worstPrelude + "c = k8s_cluster('dev')\n", builtins.Functions()},
		{"Tiltfile", worstPrelude, tiltfile.Functions()},
	} {
		for _, f := range dialect.functions {
			for _, p := range f.Params {
				for i := range min(perParameter, len(whats)) {
					what := whats[(len(calls)*7+i)%len(whats)]
					if perParameter >= len(whats) {
						what = whats[i]
					}
					script := dialect.prelude + "r = " + worstCallOf(f, p, values[what]) + "\n"
					calls = append(calls, worstCall{fmt.Sprintf("%s: %s, %s: %s", dialect.file, f.Name, p.Name, what), dialect.file, script})
				}
			}
		}
	}
	return calls
}

// worstCallOf is a call of a function with a value for one parameter, and what the
// others need.
func worstCallOf(f builtins.Function, p builtins.Param, value string) string {
	name := f.Name
	if strings.HasPrefix(name, "Cluster.") {
		name = "c" + strings.TrimPrefix(name, "Cluster")
	} else if strings.HasPrefix(name, "Image.") {
		name = "c.image('x')" + strings.TrimPrefix(name, "Image")
	}
	var first, args []string
	for _, q := range f.Params {
		switch {
		case q.Name == p.Name && strings.HasPrefix(p.Name, "**"):
			args = append(args, "**{'x': "+value+"}")
		case q.Name == p.Name && strings.HasPrefix(p.Name, "*"):
			first = append(first, value)
		case q.Name == p.Name:
			args = append(args, p.Name+"="+value)
		case !q.Optional() && !strings.HasPrefix(q.Name, "*"):
			args = append([]string{q.Name + "='x'"}, args...)
		}
	}
	return name + "(" + strings.Join(append(first, args...), ", ") + ")"
}

const (
	worstTime   = 30 * time.Second // on a busy machine; a second or two on another
	worstMemory = 256 << 20        // is the limit
	worstRSS    = 768 << 20        // what the limit does not see in time, and what the program takes itself
)

var worstFlags = []string{"--max-steps=2000000", fmt.Sprintf("--max-memory=%d", worstMemory), "--max-time=" + worstTime.String()}

// worstRun runs the command within the limits.
func worstRun(t *testing.T, w *workplace, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	stdout, stderr, code, peak := w.runMeasured(t, 20*worstTime, "", append(args, worstFlags...)...)
	if peak > worstRSS {
		t.Errorf("%s took %d MiB", args, peak>>20)
	}
	if bad := notSaid.FindString(stderr); bad != "" {
		t.Errorf("%s: %q on standard error", args, bad)
	}
	return stdout, stderr, code
}

var (
	// notSaid is what nobody may see: the end of a Go program, a defect of it, or that it
	// came to the limit of time.
	notSaid = regexp.MustCompile(`took too long|goroutine \d|runtime error|fatal error|a defect in the program`)
	located = regexp.MustCompile(`(?:Clusterfile|Tiltfile):\d+:\d+`)
)

// TestWorstBuiltins calls every function of both tables, each parameter in turn at its
// worst, under `sextant eval` and `sextant test`: each ends in time and within
// memory, with a result or with one located error that is no defect.
func TestWorstBuiltins(t *testing.T) {
	t.Run("eval", func(t *testing.T) {
		calls := worstCalls(1)
		var some []worstCall
		for i := 0; i < len(calls); i += 4 {
			some = append(some, calls[i])
		}
		worstEval(t, some)
	})
	t.Run("test", func(t *testing.T) { worstTest(t, worstCalls(3)) })
	t.Run("odd", func(t *testing.T) { worstTest(t, oddCalls(3)) })
}

// worstEval runs each call in a process of its own.
func worstEval(t *testing.T, calls []worstCall) {
	for _, call := range calls {
		w := newWorkplace(t, call.file, call.script, "clusters.yaml", recordingWith("version: v1"))
		_, stderr, code := worstRun(t, w, "eval", "--clusters", "clusters.yaml")
		failed := strings.Count(stderr, "\nError: ")
		if code != 0 && code != 3 && (code != 1 || failed != 1 || !located.MatchString(stderr)) {
			t.Errorf("%s: exit code %d\n%s", call.what, code, lastLines(stderr, 8))
		}
		if len(stderr) > 256<<10 && !strings.Contains(call.what, ": exit, ") { // which prints its argument
			t.Errorf("%s: %d bytes on standard error", call.what, len(stderr))
		}
	}
}

// worstTest runs the calls as tests, many of them in one process.
func worstTest(t *testing.T, calls []worstCall) {
	const together = 400
	names := map[string]worstCall{}
	for batch := range slices.Chunk(calls, together) {
		w := newWorkplace(t)
		for i, call := range batch {
			name := fmt.Sprintf("%03d.txtar", i)
			names[name] = call
			text := "-- " + call.file + " --\n" + call.script + "-- want.print --\n"
			if call.file == "Clusterfile" {
				text += "-- clusters.yaml --\n" + recordingWith("version: v1")
			}
			if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		stdout, stderr, code := worstRun(t, w, "test", "-j1", "-o", "json")
		if code != 1 {
			t.Errorf("exit code %d\n%s", code, lastLines(stderr, 8))
		}
		reported := 0
		for line := range strings.Lines(stdout) {
			var result struct {
				Name     string
				Failures []struct{ Message, Golden string }
			}
			if err := json.Unmarshal([]byte(line), &result); err != nil {
				t.Fatalf("%v: %.200s", err, line)
			}
			reported++
			call := names[result.Name]
			for _, f := range result.Failures {
				script := f.Golden == "" // else it ended well, with another output than the golden file's
				if script && (!located.MatchString(f.Message) || len(f.Message) > 64<<10) || notSaid.MatchString(f.Message) {
					t.Errorf("%s: %.1000s", call.what, f.Message)
				}
			}
		}
		if reported != len(batch) {
			t.Errorf("%d results of %d tests\n%s", reported, len(batch), lastLines(stderr, 8))
		}
	}
}
