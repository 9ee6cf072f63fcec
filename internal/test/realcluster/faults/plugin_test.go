//go:build unix

package faults

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestPluginsThatEnd(t *testing.T) {
	tests := []struct {
		name       string
		plugin     *Plugin
		code       int
		credential bool
		stderr     string
	}{
		{"good", GoodPlugin(t), 0, true, ""},
		{"slow", SlowPlugin(t, 50*time.Millisecond), 0, true, ""},
		{"garbage", GarbagePlugin(t), 0, false, ""},
		{"failing", FailingPlugin(t), 1, false, FailingMessage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for call := 1; call <= 2; call++ {
				cmd := exec.Command(tt.plugin.Path)
				cmd.Env = append(os.Environ(), `KUBERNETES_EXEC_INFO={"kind":"ExecCredential"}`)
				var stdout, stderr bytes.Buffer
				cmd.Stdout, cmd.Stderr = &stdout, &stderr
				err := cmd.Run()
				if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
					t.Fatal(err)
				}
				if got := cmd.ProcessState.ExitCode(); got != tt.code {
					t.Errorf("exit code %d, want %d", got, tt.code)
				}
				if got := strings.TrimSpace(stderr.String()); got != tt.stderr {
					t.Errorf("standard error %q, want %q", got, tt.stderr)
				}
				var credential struct{ Status struct{ Token string } }
				if err := json.Unmarshal(stdout.Bytes(), &credential); (err == nil) != tt.credential {
					t.Errorf("printed %q, want a credential: %t", &stdout, tt.credential)
				}
				if tt.credential && credential.Status.Token != Token {
					t.Errorf("got token %q", credential.Status.Token)
				}
				calls := tt.plugin.Calls(t)
				if len(calls) != call || calls[call-1] != `{"kind":"ExecCredential"}` {
					t.Errorf("noted %q after %d calls", calls, call)
				}
			}
			if pids := tt.plugin.Running(t); len(pids) != 0 {
				t.Errorf("processes %v still run", pids)
			}
		})
	}
}

func TestMissingPlugin(t *testing.T) {
	p := MissingPlugin(t)
	if err := exec.Command(p.Path).Run(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if calls := p.Calls(t); len(calls) != 0 {
		t.Errorf("noted %q", calls)
	}
}

func TestHangingPluginTakesAKill(t *testing.T) {
	p := HangingPlugin(t)
	cmd := exec.Command(p.Path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the plugin and its child run", func() bool { return len(p.Running(t)) == 2 })
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if pids := p.Running(t); len(pids) != 2 {
		t.Errorf("after TERM %v run, want the plugin and its child", pids)
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("a killed plugin ended well")
	}
	eventually(t, "nothing runs", func() bool { return len(p.Running(t)) == 0 })
}

func TestOrphaningPluginKeepsOutputOpen(t *testing.T) {
	p := OrphaningPlugin(t)
	cmd := exec.Command(p.Path)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(stdout)
	if line, err := out.ReadString('\n'); err != nil || !strings.Contains(line, Token) {
		t.Fatalf("got %q, %v", line, err)
	}
	eventually(t, "only the child runs", func() bool { return len(p.Running(t)) == 1 })
	if err := syscall.Kill(p.Running(t)[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if rest, err := out.ReadString('\n'); rest != "" || err == nil {
		t.Errorf("got %q more, want the end", rest)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

func TestEndlessPlugin(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, EndlessPlugin(t).Path)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if n, err := bufio.NewReader(stdout).Discard(1 << 20); err != nil {
		t.Errorf("read %d bytes: %v", n, err)
	}
	cancel()
	if err := cmd.Wait(); err == nil {
		t.Error("a killed plugin ended well")
	}
}

// eventually asks until ok, for a minute.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited a minute for: %s", what)
		case <-ticker.C:
		}
	}
}
