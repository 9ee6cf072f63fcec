//go:build unix

package realcluster

import (
	"fmt"
	"os"
	"syscall"
)

// lock waits for the lock file and returns what frees it.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("flock: %w", err)
	}
	return func() { file.Close() }, nil
}

// terminate asks a process to end.
func terminate(pid int) error { return syscall.Kill(pid, syscall.SIGTERM) }

// kill ends a process.
func kill(pid int) error { return syscall.Kill(pid, syscall.SIGKILL) }

// pause suspends a process, and unpause resumes it.
func pause(pid int) error   { return syscall.Kill(pid, syscall.SIGSTOP) }
func unpause(pid int) error { return syscall.Kill(pid, syscall.SIGCONT) }

// writeProgram writes a script that can be run at once. A process forked while
// it is open for writing keeps it so, and until that process has its own
// program running the script fails with ETXTBSY.
func writeProgram(path, text string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, []byte(text), 0o700)
}
