//go:build unix

package attack

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// TestInterrupts ends commands at random moments; scripts_long_test.go has two
// hundred of them.
func TestInterrupts(t *testing.T) { interrupts(t, 40) }

// victim is a command that is interrupted, and what it does when it is not.
type victim struct {
	args     []string
	complete string
	took     time.Duration
}

const (
	// slowScript asks a slow server, and runs programs that would outlive it.
	slowScript = `
dev = k8s_cluster("dev")
local("echo $$ >> pids; sleep 600 >&- 2>&- & echo $! >> pids; sleep 0.02")
print("asking")
k8s_yaml(["web.yaml"], cluster=dev)
output("image", dev.image("busybox").cluster)
output("long", [str(i) for i in range(20000)])
local("echo $$ >> pids; (trap '' INT TERM; sleep 600) >&- 2>&- & echo $! >> pids; sleep 0.02")
`
	goldenScript = "output('n', [i * 2 for i in range(2000)])\n"
	oldGolden    = "{}\n"
)

// interrupts holds, at each moment, that nothing is left: no process, no
// temporary file, no half of an output and no half of a file.
func interrupts(t *testing.T, moments int) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	api := clustertest.NewKube(t, clustertest.KubeFacts{Name: "dev", Latency: 60 * time.Millisecond, ConfigMaps: clustertest.LocalRegistry(`host: "localhost:5000"`)})
	env := []string{"KUBECONFIG=" + clustertest.WriteKubeconfig(t, api)}
	w := newWorkplace(t, "Clusterfile", slowScript, "web.yaml", strings.Repeat("image: busybox # a line of a manifest\n---\n", 2000))
	var goldens []string
	for i := range 20 {
		dir := fmt.Sprintf("tests/%02d", i)
		w.write(t, dir+"/Clusterfile", goldenScript)
		goldens = append(goldens, dir+"/want.outputs.json")
	}
	reset := func() {
		for _, name := range goldens {
			w.write(t, name, oldGolden)
		}
	}
	reset()
	victims := []*victim{
		{args: []string{"eval", "--allow-exec", "-o", "yaml"}},
		{args: []string{"output", "--allow-exec"}},
		{args: []string{"render", "--allow-exec"}},
		{args: []string{"test", "--update", "tests"}},
	}
	for _, v := range victims {
		begin := time.Now()
		stdout, stderr, code := w.run(t, env, v.args...)
		if v.complete, v.took = masked(stdout), time.Since(begin); code != 0 || stdout == "" {
			t.Fatalf("%q by itself: exit code %d\n%s", v.args, code, stderr)
		}
		t.Logf("%q takes %s", v.args, v.took)
	}
	newGolden, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(goldens[0])))
	if err != nil {
		t.Fatal(err)
	}
	codes := map[int]int{}
	// How long a command takes varies with what else the machine does: go on until
	// enough of the moments came while it ran.
	for i := 0; i < moments || i < 5*moments && codes[130] < moments/5; i++ {
		reset()
		v := victims[i%len(victims)]
		signal := []syscall.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[r.IntN(4)]
		after := time.Duration(r.Int64N(int64(v.took) * 11 / 10))
		stdout, code := w.interrupt(t, w.cmd(t, env, v.args...), signal, after)
		codes[code]++
		switch code { // a busy machine takes now more, now less time
		case 0:
			v.took = v.took * 3 / 4
		case -1:
			v.took = v.took * 4 / 3
		}
		told := fmt.Sprintf("%q, %s after %s, exit code %d", v.args, signal, after, code)
		if stdout != "" && masked(stdout) != v.complete {
			t.Errorf("%s: half an output of %d bytes", told, len(stdout))
		}
		if code != 0 && code != 130 && code != -1 || code == 0 && stdout == "" {
			t.Errorf("%s, with %d bytes on standard output", told, len(stdout))
		}
		if left := w.leftBehind(t); left != nil {
			t.Errorf("%s: left behind %v", told, left)
		}
		for _, pid := range pids(w.dir) {
			eventually(t, func() string {
				if !gone(pid) {
					return fmt.Sprintf("%s: process %d runs", told, pid)
				}
				return ""
			})
		}
		for _, name := range goldens {
			data, err := os.ReadFile(filepath.Join(w.dir, filepath.FromSlash(name)))
			if err != nil || string(data) != oldGolden && !bytes.Equal(data, newGolden) {
				t.Errorf("%s: %s has %d bytes, %v", told, name, len(data), err)
			}
		}
		if strays, _ := filepath.Glob(filepath.Join(w.dir, "tests", "*", ".sextant-*")); strays != nil {
			t.Errorf("%s: left behind %v", told, strays)
		}
	}
	t.Logf("runs by exit code, -1 for those that a signal ended before they had begun: %v", codes)
	if codes[130] < moments/5 {
		t.Errorf("only %d of %d moments came while something ran", codes[130], moments)
	}
}

// interrupt runs a command in a process group of its own, sends it a signal, and
// returns what it printed and how it ended.
func (w *workplace) interrupt(t *testing.T, cmd *exec.Cmd, signal syscall.Signal, after time.Duration) (stdout string, code int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, "pids"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout = &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sent := time.AfterFunc(after, func() { syscall.Kill(cmd.Process.Pid, signal) })
	stuck := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	err := cmd.Wait()
	sent.Stop()
	if !stuck.Stop() {
		t.Errorf("%q did not end 20 s after %s", cmd.Args, signal)
	}
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err := syscall.Kill(-cmd.Process.Pid, 0); err == nil {
		t.Errorf("%q: its process group lives", cmd.Args)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

var times = regexp.MustCompile(`connectedAt: .*|in [0-9.]+s`)

// masked is an output without what differs with every run.
func masked(text string) string { return times.ReplaceAllString(text, "TIME") }

// TestInterruptOfAStepThatNeverEnds: the command ends although a step of the script
// would not, and no limit of steps ends it.
func TestInterruptOfAStepThatNeverEnds(t *testing.T) {
	w := newWorkplace(t, "Clusterfile", "local('echo $$ > pids')\n"+endlessStep)
	cmd := w.cmd(t, nil, "eval", "--allow-exec", "--max-steps=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if len(pids(w.dir)) == 0 {
			return "the script has not begun"
		}
		return ""
	})
	begin := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	cmd.Wait() // the exit code shows it
	if code, took := cmd.ProcessState.ExitCode(), time.Since(begin); code != 130 || took > 15*time.Second {
		t.Errorf("exit code %d after %s", code, took)
	}
	if left := w.leftBehind(t); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

// TestClosedPipe: where nobody reads the result any more, nothing is left
// behind either, and nothing is said about it.
func TestClosedPipe(t *testing.T) {
	w := newWorkplace(t, "Clusterfile", "local('true')\nprint('x')\noutput('a', 'x' * 1000000)\n")
	for _, closed := range []string{"stdout", "both"} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		read.Close()
		var stderr bytes.Buffer
		cmd := w.cmd(t, nil, "output", "a", "--allow-exec")
		cmd.Stdout, cmd.Stderr = write, &stderr
		if closed == "both" {
			cmd.Stderr = write
		}
		cmd.Run() // the exit code shows it
		write.Close()
		if code := cmd.ProcessState.ExitCode(); code != 141 || closed == "stdout" && stderr.String() != "x\n" {
			t.Errorf("%s closed: exit code %d\n%s", closed, code, stderr.String())
		}
		if left := w.leftBehind(t); left != nil {
			t.Errorf("%s closed: left behind %v", closed, left)
		}
	}
}
