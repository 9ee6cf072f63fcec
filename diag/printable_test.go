package diag_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sextant-dev/sextant/diag"
)

func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ text, text2, line, block string }{
		{"plain\ttext\n", "plain\ttext\n", "plain text ", "plain\ttext"},
		{"é \U0001f600 \u200d", "é \U0001f600 \u200d", "é \U0001f600 \u200d", "é \U0001f600 \u200d"},
		{"\x1b[31m\x00\x7f", "\ufffd[31m\ufffd\ufffd", "\ufffd[31m\ufffd\ufffd", "\ufffd[31m\ufffd\ufffd"},
		{"a\u009b31m", "a\ufffd31m", "a\ufffd31m", "a\ufffd31m"},
		{"a\x9b31m", "a\ufffd31m", "a\ufffd31m", "a\ufffd31m"},
		{"a\ufffe\uffff\U0001fffe", "a\ufffd\ufffd\U0001fffe", "a\ufffd\ufffd\U0001fffe", "a\ufffd\ufffd\U0001fffe"},
		{"user\u202egnp\u2066", "user\ufffdgnp\ufffd", "user\ufffdgnp\ufffd", "user\ufffdgnp\ufffd"},
		{"a\u2028b\u2029c", "a\ufffdb\ufffdc", "a\ufffdb\ufffdc", "a\ufffdb\ufffdc"},
		{"\U000e0041", "\ufffd", "\ufffd", "\ufffd"},
		{"a\r\nb\rc", "a\nb\ufffdc", "a b\ufffdc", "a\n    b\ufffdc"},
		{"a\nerror: b\n\n", "a\nerror: b\n\n", "a error: b  ", "a\n    error: b"},
	} {
		if got := diag.Printable(tt.text); got != tt.text2 {
			t.Errorf("Printable(%q) = %q, want %q", tt.text, got, tt.text2)
		}
		if got := diag.PrintableLine(tt.text); got != tt.line {
			t.Errorf("PrintableLine(%q) = %q, want %q", tt.text, got, tt.line)
		}
		if got := diag.PrintableBlock(tt.text); got != tt.block {
			t.Errorf("PrintableBlock(%q) = %q, want %q", tt.text, got, tt.block)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("a\x1b\u202e\r\n\x80")
	f.Fuzz(func(t *testing.T, s string) {
		got := diag.Printable(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, diag.IsUnprintable) {
			t.Errorf("Printable(%q) = %q", s, got)
		}
		if again := diag.Printable(got); again != got {
			t.Errorf("Printable(%q) = %q, and again %q", s, got, again)
		}
		if line := diag.PrintableLine(s); strings.ContainsAny(line, "\n\t") {
			t.Errorf("PrintableLine(%q) = %q", s, line)
		}
	})
}

func TestShortened(t *testing.T) {
	if got := diag.Shortened("short"); got != "short" {
		t.Errorf("got %q", got)
	}
	long := "begin" + strings.Repeat("é", 100_000) + "end"
	got := diag.Shortened(long)
	if len(got) > 16<<10 || !strings.HasPrefix(got, "begin") || !strings.HasSuffix(got, "end") || !utf8.ValidString(got) || !strings.Contains(got, "bytes are left out") {
		t.Errorf("%d bytes: %.50s", len(got), got)
	}
}
