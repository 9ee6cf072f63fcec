package console

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/sextant-dev/sextant/diag"
)

// Patience is how long work may take before progress is shown.
const Patience = 300 * time.Millisecond

const beat = 100 * time.Millisecond

// Console serialises what is written to standard error.
type Console struct {
	mu       sync.Mutex
	w        io.Writer
	text     Writer
	terminal bool
	width    func() int
	line     bool // whether a progress line is shown
}

// New returns a console on w; progress shows only where w is a terminal.
func New(w io.Writer) *Console {
	c := &Console{w: w, text: Writer{w: w}, width: func() int { return 80 }}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		c.terminal = true
		c.width = func() int {
			if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
				return n
			}
			return 80
		}
	}
	return c
}

// Write writes p, made printable, first clearing a progress line.
func (c *Console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	return c.text.Write(p)
}

// Print writes what a script prints, and a newline.
func (c *Console) Print(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	c.text.flush()
	io.WriteString(&c.text, text+"\n")
}

// Printf writes one line of the program's own. If an argument has several lines,
// the further ones are indented.
func (c *Console) Printf(format string, args ...any) {
	shown := make([]any, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			shown[i] = diag.PrintableBlock(v)
		case error:
			shown[i] = diag.PrintableBlock(v.Error())
		case fmt.Stringer:
			shown[i] = diag.PrintableBlock(v.String())
		default:
			shown[i] = arg
		}
	}
	c.Print(fmt.Sprintf(format, shown...))
}

// Terminal returns a writer for a line editor, which moves the cursor: it passes
// everything.
func (c *Console) Terminal() io.Writer { return terminalWriter{c} }

type terminalWriter struct{ c *Console }

func (t terminalWriter) Write(p []byte) (int, error) {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	t.c.clear()
	return t.c.w.Write(p)
}

func (c *Console) clear() {
	if c.line {
		fmt.Fprint(c.w, "\r\x1b[K")
		c.line = false
	}
}

// Progress shows the string that text returns, renewed several times a second, from
// [Patience] after now until stop is called. An empty string shows nothing.
// If the console is not a terminal it does nothing.
func (c *Console) Progress(text func(elapsed time.Duration) string) (stop func()) {
	if !c.terminal {
		return func() {}
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		begin := time.Now()
		timer := time.NewTimer(Patience)
		defer timer.Stop()
		for {
			select {
			case <-done:
				return
			case <-timer.C:
			}
			c.show(text(time.Since(begin)))
			timer.Reset(beat)
		}
	}()
	return func() {
		close(done)
		<-ended
		c.mu.Lock()
		defer c.mu.Unlock()
		c.clear()
	}
}

func (c *Console) show(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.clear()
	text = diag.PrintableLine(text)
	if text == "" {
		return
	}
	if runes := []rune(text); len(runes) >= c.width() {
		text = string(runes[:max(c.width()-2, 0)]) + "…"
	}
	fmt.Fprint(c.w, text)
	c.line = true
}

// Pending is a progress message for work on the named things.
func Pending(doing string, names []string, elapsed time.Duration) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("%s %s (%.1fs)", doing, strings.Join(names, ", "), elapsed.Seconds())
}
