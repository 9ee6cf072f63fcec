package execlog_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/internal/execlog"
)

// machine answers by a function, and counts.
type machine struct {
	calls  int
	answer func(c builtins.Command, call int) (builtins.Result, error)
}

func (m *machine) Run(_ context.Context, c builtins.Command) (builtins.Result, error) {
	m.calls++
	return m.answer(c, m.calls)
}

func sh(line string) builtins.Command { return builtins.Command{Args: []string{"sh", "-c", line}} }

// record runs commands and returns the recording.
func record(t *testing.T, m *machine, root string, commands ...builtins.Command) string {
	t.Helper()
	r := execlog.NewRecorder(m, root)
	for _, c := range commands {
		if _, err := r.Run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	data, err := r.Recording().YAML()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func replay(t *testing.T, recording string) *execlog.Replay {
	t.Helper()
	r, err := execlog.Parse("exec.yaml", []byte(recording))
	if err != nil {
		t.Fatal(err)
	}
	return execlog.NewReplay("exec.yaml", r)
}

// TestRoundTrip: whatever a program prints comes back, byte for byte, and so does
// its status; and the question is found again.
func TestRoundTrip(t *testing.T) {
	texts := []string{"", "a", "a\n", "\n", " a\n", "\ta\n  b", "a\r\nb\r\n", "a\x00b", "\xff\xfe", "true", "1", "~", "# c", "---\na: 1\n...\n", "é\u2028\u0085x", "a: b\n\tc\n \n", "\ufeffx\n", "x \n y"}
	for _, s := range texts {
		context := "dev"
		c := builtins.Command{Args: []string{"prog", s, "x"}, Stdin: s, Dir: "sub", Env: []string{"K=" + s}, Unset: []string{"Z", "A"}, Context: &context}
		want := builtins.Result{Stdout: []byte(s), Stderr: []byte(s), Status: 7}
		m := &machine{answer: func(builtins.Command, int) (builtins.Result, error) { return want, nil }}
		for _, c := range []builtins.Command{c, sh("x" + s)} {
			text := record(t, m, "/root", c)
			got, err := replay(t, text).Executor("/other", nil).Run(t.Context(), c)
			if err != nil {
				t.Errorf("%q: %v\n%s", s, err, text)
			} else if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q: %s\n%s", s, diff, text)
			}
		}
	}
}

// TestRoot: paths below the root follow it, others stay.
func TestRoot(t *testing.T) {
	const root = "/home/me/proj"
	paths := []string{root, root + "/a", "cd " + root + " && x", "-f=" + root + "/b:" + root, root + "ile/x", "/x" + root + "/y", "file:" + root}
	m := &machine{answer: func(c builtins.Command, _ int) (builtins.Result, error) {
		return builtins.Result{Stdout: []byte(c.Args[1] + "\n")}, nil
	}}
	for _, tt := range []struct{ root, below string }{{"/srv/ci/proj", "/srv/ci/proj"}, {"/", ""}} {
		r := replay(t, record(t, m, root, commands(paths)...)).Executor(tt.root, nil)
		for _, p := range paths {
			at := p
			if !strings.Contains(p, "ile") || strings.HasPrefix(p, "file") {
				at = strings.ReplaceAll(p, root+"/", tt.below+"/")
				at = strings.ReplaceAll(at, root, tt.root)
			}
			if strings.HasPrefix(p, "/x") {
				at = p // not below the root
			}
			asked := []string{at}
			if tt.root == "/" && strings.Contains(p, root+"/") && at != p {
				asked = append(asked, strings.ReplaceAll(p, root, "/")) // root + "/a"
			}
			for _, arg := range asked {
				got, err := r.Run(t.Context(), builtins.Command{Args: []string{"prog", arg}})
				if err != nil || string(got.Stdout) != at+"\n" {
					t.Errorf("below %s, %s: got %q, %v", tt.root, arg, got.Stdout, err)
				}
			}
		}
	}
}

func commands(args []string) []builtins.Command {
	out := make([]builtins.Command, len(args))
	for i, a := range args {
		out[i] = builtins.Command{Args: []string{"prog", a}}
	}
	return out
}

// TestRepetition: one answer serves any number of calls, several serve in order,
// and a call beyond them fails. Each run begins again.
func TestRepetition(t *testing.T) {
	m := &machine{answer: func(c builtins.Command, call int) (builtins.Result, error) {
		if c.Args[2] == "date" {
			return builtins.Result{Stdout: fmt.Append(nil, call)}, nil
		}
		return builtins.Result{Stdout: []byte("same")}, nil
	}}
	text := record(t, m, "/r", sh("date"), sh("id"), sh("date"), sh("id"))
	if n := strings.Count(text, "shell:"); n != 3 {
		t.Errorf("%d entries\n%s", n, text)
	}
	r := replay(t, text)
	for range 2 {
		e := r.Executor("/r", nil)
		var got []string
		for _, line := range []string{"id", "date", "id", "id", "date", "date"} {
			result, err := e.Run(t.Context(), sh(line))
			if err != nil {
				got = append(got, err.Error())
				continue
			}
			got = append(got, string(result.Stdout))
		}
		want := []string{"same", "1", "same", "same", "3", "exec.yaml has no answer to sh -c date asked for the 3th time: record it with --allow-exec --record-exec exec.yaml"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestNotRecorded: what is near is named, and nothing but an equal question is
// answered.
func TestNotRecorded(t *testing.T) {
	const text = `programs:
- {args: [cat, a b], dir: sub, env: {A: "1"}, stdin: x, context: dev, namespace: team, stdout: y}
`
	dev, prod := "dev", "prod"
	good := builtins.Command{Args: []string{"cat", "a b"}, Dir: "sub", Env: []string{"A=1"}, Stdin: "x", Context: &dev, Namespace: "team"}
	other := func(change func(*builtins.Command)) builtins.Command {
		c := good
		change(&c)
		return c
	}
	for want, c := range map[string]builtins.Command{
		"":                  good,
		"cat 'a b'":         {Args: []string{"cat", "a b", "c"}},
		" with this dir":    other(func(c *builtins.Command) { c.Dir = "." }),
		" with this env":    other(func(c *builtins.Command) { c.Env = []string{"A=2"} }),
		" with this en":     other(func(c *builtins.Command) { c.Unset = []string{"B"} }),
		" with this stdin":  other(func(c *builtins.Command) { c.Stdin = "" }),
		" with this contex": other(func(c *builtins.Command) { c.Context = &prod }),
		" with this conte":  other(func(c *builtins.Command) { c.Context = nil }),
		" with this name":   other(func(c *builtins.Command) { c.Namespace = "other" }),
	} {
		r := replay(t, text)
		_, err := r.Executor("/", nil).Run(t.Context(), c)
		var missing *execlog.NotRecordedError
		if want == "" {
			if err != nil || len(r.Unused()) > 0 {
				t.Errorf("got %v, unused %q", err, r.Unused())
			}
			continue
		}
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), want) || len(r.Unused()) != 1 {
			t.Errorf("%s: got %v, unused %q", want, err, r.Unused())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"programs: [{shell: a, stdot: x}]":       `exec.yaml: line 1: unknown field "stdot"`,
		"programs: [{shell: a, env: [b]}]":       "exec.yaml: line 1: cannot unmarshal !!seq into map[string]string",
		"programs: [{shell: a, exitStatus: -2}]": "exec.yaml: programs[0]: exitStatus -2: want -1 to 4294967295",
		"programs: []\n---\nprograms: []\n":      "exec.yaml: it has a second document: join the programs of both",
		"programs: [{stdout: x}]":                "exec.yaml: programs[0]: set one of shell and args",
		"programs: [{shell: a, args: [b]}]":      "exec.yaml: programs[0]: set one of shell and args",
		"kind: ClusterList":                      "exec.yaml: it holds ClusterList of , want ExecRecording of sextant.dev/v1alpha1",
		"{":                                      "exec.yaml: line 1: did not find expected node content",
		strings.Repeat("#", 64<<20) + "#":        "exec.yaml: over the limit of 67108864 bytes for a recording",
		"programs:\n" + strings.Repeat("- {shell: a, stdout: x}\n", 10001): "exec.yaml: over the limit of 10000 for programs",
	} {
		_, err := execlog.Parse("exec.yaml", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%.40q: got %v", text, err)
		}
	}
	if r, err := execlog.Parse("exec.yaml", nil); err != nil || len(r.Programs) > 0 {
		t.Errorf("an empty file: got %v, %v", r, err)
	}
}

// TestRecorderLimits: what does not fit fails the call that is too much.
func TestRecorderLimits(t *testing.T) {
	m := &machine{answer: func(c builtins.Command, _ int) (builtins.Result, error) {
		return builtins.Result{Stdout: make([]byte, len(c.Args[2])*40<<20)}, nil
	}}
	r := execlog.NewRecorder(m, "/r")
	if _, err := r.Run(t.Context(), sh("a")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context(), sh("b")); err == nil || !strings.Contains(err.Error(), "cannot record sh: over the limit of 67108864 bytes") {
		t.Errorf("got %v", err)
	}
	r = execlog.NewRecorder(m, "/r")
	for i := range execlog.MaxPrograms + 1 {
		_, err := r.Run(t.Context(), sh(""))
		if late := i == execlog.MaxPrograms; (err != nil) != late {
			t.Fatalf("call %d: %v", i, err)
		}
	}
}

// TestFailuresAreNotRecorded: a program that could not run has no answer.
func TestFailuresAreNotRecorded(t *testing.T) {
	m := &machine{answer: func(builtins.Command, int) (builtins.Result, error) { return builtins.Result{}, errors.New("gone") }}
	r := execlog.NewRecorder(m, "/r")
	if _, err := r.Run(t.Context(), sh("a")); err == nil || len(r.Recording().Programs) > 0 {
		t.Errorf("got %v, %v", err, r.Recording())
	}
}

// TestStderr: what a program printed to standard error is seen again, unless the
// call is quiet, and a run that is over is not answered.
func TestStderr(t *testing.T) {
	r := replay(t, "programs: [{shell: a, stdout: x, stderr: oh}]")
	var seen strings.Builder
	e := r.Executor("/", &seen)
	quiet := sh("a")
	quiet.Quiet = true
	for _, c := range []builtins.Command{sh("a"), quiet} {
		if _, err := e.Run(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if seen.String() != "oh" {
		t.Errorf("got %q", seen.String())
	}
	ended := errors.New("ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ended)
	if _, err := e.Run(ctx, sh("a")); !errors.Is(err, ended) {
		t.Errorf("got %v", err)
	}
}

// What a script puts before or behind the PATH of the process is recorded, and that
// PATH is not: it is another on each machine.
func TestExtendedPath(t *testing.T) {
	command := func(had string, env ...string) builtins.Command {
		c := sh("go env GOOS")
		c.Env = env
		c.Inherited = func(name string) string { return map[string]string{"PATH": had, "A": had}[name] }
		return c
	}
	m := &machine{answer: func(builtins.Command, int) (builtins.Result, error) {
		return builtins.Result{Stdout: []byte("linux")}, nil
	}}
	recording := record(t, m, "/work", command("/usr/bin:/bin", "PATH=/usr/bin:/bin:./tools", "A=/usr/bin:/bin:x"), command("/bin", "PATH=/work/bin:/bin"))
	for _, want := range []string{"PATH: ${PATH}:./tools\n", "PATH: ${SEXTANT_ROOT}/bin:${PATH}\n", "A: /usr/bin:/bin:x\n"} {
		if !strings.Contains(recording, want) {
			t.Errorf("no %q in\n%s", want, recording)
		}
	}
	r := replay(t, recording)
	for _, tc := range []struct {
		command builtins.Command
		found   bool
	}{
		{command("/sbin", "PATH=/sbin:./tools", "A=/usr/bin:/bin:x"), true},
		{command("/sbin", "PATH=/home/bin:/sbin"), true},
		{command("/sbin", "PATH=./tools", "A=/usr/bin:/bin:x"), false},
		{command("/sbin", "PATH=/sbin:./other", "A=/usr/bin:/bin:x"), false},
		{command("", "PATH=:./tools", "A=/usr/bin:/bin:x"), false},
	} {
		if _, err := r.Executor("/home", nil).Run(t.Context(), tc.command); (err == nil) != tc.found {
			t.Errorf("%q: %v", tc.command.Env, err)
		}
	}
}

// A question may be written in more than one way.
func TestForms(t *testing.T) {
	for _, entry := range []string{
		"{shell: make, dir: sub}", "{args: [sh, -c, make], dir: ./sub/}", "{shell: make, dir: '${SEXTANT_ROOT}/sub'}",
	} {
		c := sh("make")
		c.Dir = "sub"
		if _, err := replay(t, "programs: ["+entry+"]").Executor("/home", nil).Run(t.Context(), c); err != nil {
			t.Errorf("%s: %v", entry, err)
		}
	}
	for _, entry := range []string{"{shell: make, dir: .}", "{shell: make, dir: '${SEXTANT_ROOT}'}", "{shell: make}"} {
		c := sh("make")
		c.Dir = "."
		if _, err := replay(t, "programs: ["+entry+"]").Executor("/home", nil).Run(t.Context(), c); err != nil {
			t.Errorf("%s: %v", entry, err)
		}
	}
}

// A person writes of the environment only what matters; a recording has all of it.
func TestWrittenByHand(t *testing.T) {
	const programs = "programs:\n- {shell: a, stdout: any}\n- {shell: a, env: {A: '1'}, stdout: one}\n- {shell: b, env: {A: '1'}, stdout: one}\n"
	for _, tc := range []struct {
		recording, line string
		env             []string
		want            string
	}{
		{programs, "a", nil, "any"},
		{programs, "a", []string{"A=1"}, "one"},
		{programs, "a", []string{"A=2"}, "any"},
		{programs, "b", []string{"A=2"}, "error"},
		{programs, "b", nil, "error"},
		{"kind: ExecRecording\n" + programs, "a", []string{"A=2"}, "error"},
	} {
		c := sh(tc.line)
		c.Env = tc.env
		got := "error"
		if result, err := replay(t, tc.recording).Executor("/", nil).Run(t.Context(), c); err == nil {
			got = string(result.Stdout)
		}
		if got != tc.want {
			t.Errorf("%s with %q: %s, want %s", tc.line, tc.env, got, tc.want)
		}
	}
}
