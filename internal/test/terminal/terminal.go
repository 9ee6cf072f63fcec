//go:build unix

package terminal

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// patience is how long a program may take to print something.
const patience = 60 * time.Second

// Terminal is a pseudo-terminal in which a program runs.
type Terminal struct {
	t      testing.TB
	pty    *os.File
	output chan string
	unread string
}

// Start starts a program in a terminal of so many rows and columns. The program must
// end before the test does.
func Start(t testing.TB, cmd *exec.Cmd, rows, columns uint16) *Terminal {
	t.Helper()
	file, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: rows, Cols: columns})
	if err != nil {
		t.Fatal(err)
	}
	u := &Terminal{t: t, pty: file, output: make(chan string)}
	go func() {
		defer close(u.output)
		buffer := make([]byte, 4096)
		for {
			n, err := file.Read(buffer)
			if n > 0 {
				u.output <- string(buffer[:n])
			}
			if err != nil {
				return // EIO on Linux when the program has ended
			}
		}
	}()
	t.Cleanup(func() {
		file.Close()
		for range u.output {
		}
	})
	return u
}

// Expect waits until the program has printed text, and returns what it printed before
// that, since the last text.
func (u *Terminal) Expect(text string) (before string) {
	u.t.Helper()
	deadline := time.After(patience)
	for {
		if before, rest, ok := strings.Cut(u.unread, text); ok {
			u.unread = rest
			return before
		}
		select {
		case more, ok := <-u.output:
			if !ok {
				u.t.Fatalf("the program ended before it printed %q; it printed:\n%s", text, u.unread)
			}
			u.unread += more
		case <-deadline:
			u.t.Fatalf("no %q; it printed:\n%q", text, u.unread)
		}
	}
}

// Unread returns what the program has printed since the text that was expected last,
// as far as it was waited for.
func (u *Terminal) Unread() string { return u.unread }

// Send types keys.
func (u *Terminal) Send(keys string) {
	u.t.Helper()
	if _, err := io.WriteString(u.pty, keys); err != nil {
		u.t.Fatal(err)
	}
}
