package console

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen is what a terminal shows of what is written to it: it knows a carriage
// return, and the code that clears to the end of the line.
type screen struct {
	mu    sync.Mutex
	lines []string
	now   string
	wide  int
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(p)
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\r\x1b[K"):
			s.now, text = "", text[len("\r\x1b[K"):]
		case text[0] == '\n':
			s.lines, s.now, text = append(s.lines, s.now), "", text[1:]
		default:
			r := []rune(text)[0]
			s.now += string(r)
			text = text[len(string(r)):]
			s.wide = max(s.wide, len([]rune(s.now)))
		}
	}
	return len(p), nil
}

// shown returns the lines that are done, and the one where the cursor is.
func (s *screen) shown() (lines, now string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "|"), s.now
}

// terminal returns a console on a fake terminal.
func terminal(width int) (*Console, *screen) {
	s := &screen{}
	return &Console{w: s, text: Writer{w: s}, terminal: true, width: func() int { return width }}, s
}

func expect(t *testing.T, s *screen, lines, now string) {
	t.Helper()
	if gotLines, gotNow := s.shown(); gotLines != lines || gotNow != now {
		t.Errorf("at %s: the screen shows %q and %q, want %q and %q", time.Now().Format("05.000"), gotLines, gotNow, lines, now)
	}
}

// after moves the clock of the bubble on, to between two beats.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := terminal(80)
		stop := c.Progress(func(elapsed time.Duration) string { return Pending("resolving", []string{"a", "b"}, elapsed) })
		after(Patience - time.Millisecond)
		expect(t, s, "", "") // quick work shows nothing
		after(time.Millisecond)
		expect(t, s, "", "resolving a, b (0.3s)")
		after(beat)
		expect(t, s, "", "resolving a, b (0.4s)")
		c.Printf("hello %d", 1) // a line clears the progress, which comes back
		expect(t, s, "hello 1", "")
		after(beat)
		expect(t, s, "hello 1", "resolving a, b (0.5s)")
		stop()
		expect(t, s, "hello 1", "")
		c.Printf("end")
		after(time.Second)
		expect(t, s, "hello 1|end", "")
	})
}

func TestQuickWorkShowsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := terminal(80)
		stop := c.Progress(func(time.Duration) string {
			t.Error("asked for progress")
			return "x"
		})
		stop()
		after(time.Second)
		expect(t, s, "", "")
	})
}

func TestProgressWithNothingToShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := terminal(80)
		names := []string{"a"}
		var mu sync.Mutex
		stop := c.Progress(func(elapsed time.Duration) string {
			mu.Lock()
			defer mu.Unlock()
			return Pending("resolving", names, elapsed)
		})
		defer stop()
		after(Patience)
		expect(t, s, "", "resolving a (0.3s)")
		mu.Lock()
		names = nil
		mu.Unlock()
		after(beat)
		expect(t, s, "", "")
	})
}

// TestLongProgressStaysOnOneLine: a line as wide as the terminal would wrap, and
// could not be cleared.
func TestLongProgressStaysOnOneLine(t *testing.T) {
	for _, width := range []int{1, 2, 3, 10, 20} {
		synctest.Test(t, func(t *testing.T) {
			c, s := terminal(width)
			stop := c.Progress(func(time.Duration) string { return strings.Repeat("é", 15) })
			after(Patience)
			_, now := s.shown()
			stop()
			if s.wide >= width && width > 1 {
				t.Errorf("width %d: %q", width, now)
			}
			if width == 10 && now != strings.Repeat("é", 8)+"…" {
				t.Errorf("cut to %q", now)
			}
			expect(t, s, "", "")
		})
	}
}

func TestNoTerminalNoProgress(t *testing.T) {
	var b strings.Builder
	c := New(&b)
	stop := c.Progress(func(time.Duration) string {
		t.Error("asked for progress")
		return ""
	})
	c.Printf("a %s", "b")
	if n, err := c.Write([]byte("raw")); n != 3 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	stop()
	if b.String() != "a b\nraw" {
		t.Errorf("got %q", b.String())
	}

	file, err := os.Create(t.TempDir() + "/stderr")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if New(file).terminal {
		t.Error("a file is no terminal")
	}
}

// TestConcurrentWrites: lines do not mix.
func TestConcurrentWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := terminal(80)
		stop := c.Progress(func(time.Duration) string { return "working" })
		var writers sync.WaitGroup
		for range 10 {
			writers.Go(func() {
				for range 20 {
					c.Printf("line")
					time.Sleep(beat / 3)
				}
			})
		}
		writers.Wait()
		stop()
		expect(t, s, strings.TrimSuffix(strings.Repeat("line|", 200), "|"), "")
	})
}

func TestPending(t *testing.T) {
	if got := Pending("resolving", nil, time.Second); got != "" {
		t.Errorf("got %q", got)
	}
	if got, want := Pending("resolving", []string{"a"}, 1249*time.Millisecond), "resolving a (1.2s)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPrintable: what comes from elsewhere neither moves the cursor nor reads like a
// line of the program.
func TestPrintable(t *testing.T) {
	var b strings.Builder
	c := New(&b)
	c.Print("a\x1b[2J\nb\u202e")
	c.Printf("error: cluster %q: %s (%v)", "x\ny", "down\x1b]0;t\x07\nerror: cluster \"prod\": fine\n", errors.New("c\rd\ne"))
	c.Printf("%d of %v", 1, time.Second)
	fmt.Fprintf(c, "\x1b[31mprogram\xc3")
	fmt.Fprintf(c, "\xa9\r")
	fmt.Fprintf(c, "\n\xc3")
	c.Print("end")
	want := "a\ufffd[2J\nb\ufffd\n" +
		"error: cluster \"x\\n    y\": down\ufffd]0;t\ufffd\n    error: cluster \"prod\": fine (c\ufffdd\n    e)\n" +
		"1 of 1s\n\ufffd[31mprogramé\n\ufffdend\n"
	if got := b.String(); got != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// TestTerminal: a line editor moves the cursor.
func TestTerminal(t *testing.T) {
	var b strings.Builder
	c := New(&b)
	fmt.Fprint(c.Terminal(), "\x1b[D")
	if b.String() != "\x1b[D" {
		t.Errorf("got %q", b.String())
	}
}

func TestProgressIsPrintable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := terminal(80)
		stop := c.Progress(func(time.Duration) string { return "a\x1b[2J\nb" })
		after(Patience)
		expect(t, s, "", "a\ufffd[2J b")
		stop()
	})
}
