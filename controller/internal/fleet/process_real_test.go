//go:build real

package fleet_test

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/controller/internal/manifests"
	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// build makes sextant-controller, once. The flags are those of the tests, so that
// nothing is compiled twice.
var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(programs, "sextant-controller")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/sextant-controller").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the controller: %w: %s", err, out)
	}
	return path, nil
})

// process is sextant-controller as it runs in production: the program, with the
// token of its ServiceAccount, in the memory of its Deployment.
type process struct {
	cmd             *exec.Cmd
	metrics, health string // addresses
	log             string
	exited          chan struct{}
}

// start runs the program until the test ends.
func (f *fixture) start(t *testing.T, flags ...string) *process {
	t.Helper()
	token := f.api.Kubectl(t, "", "create", "token", manifests.Account, "-n", "sextant-system", "--duration=2h")
	entry := f.api.Context("hub", realcluster.AdminByToken)
	entry.User.Token = strings.TrimSpace(token)
	p := &process{metrics: realcluster.FreeAddr(t), health: realcluster.FreeAddr(t), log: filepath.Join(t.TempDir(), "log"), exited: make(chan struct{})}
	args := append([]string{"run", "--watch", team, "--network", loopback[0].String(), "--metrics", p.metrics, "--health", p.health}, flags...)
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(path, args...)
	p.cmd.Env = append(os.Environ(), "KUBECONFIG="+realcluster.Kubeconfig(t, entry))
	for _, v := range manifests.Environment {
		p.cmd.Env = append(p.cmd.Env, v.Name+"="+v.Value)
	}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd.Stdout, p.cmd.Stderr = log, log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		p.cmd.Wait() // however it ends
	}()
	t.Cleanup(func() {
		p.signal(t, syscall.SIGCONT)
		p.signal(t, syscall.SIGKILL)
		<-p.exited
		if t.Failed() {
			text, _ := os.ReadFile(p.log)
			t.Logf("the controller printed:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return p
}

// ready reports whether it serves, leader or not.
func (p *process) ready() bool {
	resp, err := http.Get("http://" + p.health + "/readyz")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// ended reports whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// signal sends a signal to a process that has not been waited for.
func (p *process) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	select {
	case <-p.exited:
	default:
		if err := p.cmd.Process.Signal(s); err != nil {
			t.Logf("signal %v: %v", s, err)
		}
	}
}

// counter returns a metric, 0 while nobody serves it.
func (p *process) counter(name string) int {
	// In the clear and without compression, which would count as the controller's work.
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	resp, err := client.Get("http://" + p.metrics + "/metrics")
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, _ := strconv.ParseFloat(value, 64)
			return int(n)
		}
	}
	return 0
}

// cpu is the CPU time that a process has used.
func cpu(t *testing.T, pid int) time.Duration {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	// The fields after the name, which is in parentheses: see proc_pid_stat(5).
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	var ticks int
	for _, f := range fields[11:13] {
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// peak is the largest resident set that a process has had, in MiB.
func peak(t *testing.T, pid int) int {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.Fields(value)[0])
			if err != nil {
				t.Fatal(err)
			}
			return kib >> 10
		}
	}
	t.Fatal("no VmHWM")
	return 0
}

// eventually waits until a condition holds, and returns how long that took.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	started := time.Now()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for ; ; <-ticker.C {
		took := time.Since(started)
		if holds() {
			t.Logf("%s after %s", what, took.Round(10*time.Millisecond))
			return took
		}
		if took > within {
			t.Fatalf("not %s within %s", what, within)
		}
	}
}
