package procgroup

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestOutput(t *testing.T) {
	for _, tc := range []struct {
		name, text, want string
		exceeded         bool
	}{
		{"below the limit", "abc", "abc", false},
		{"at the limit", "abcd", "abcd", false},
		{"over it", "abcde", "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := &Output{Max: 4}
			_, err := io.Copy(o, strings.NewReader(tc.text))
			if (err != nil) != tc.exceeded || o.Exceeded() != tc.exceeded || string(o.Bytes()) != tc.want {
				t.Errorf("got %q, exceeded %t, %v", o.Bytes(), o.Exceeded(), err)
			}
		})
	}
}

func TestHead(t *testing.T) {
	var all bytes.Buffer
	h := &Head{Max: 4, Next: &all}
	for _, part := range []string{"abc", "def", "g"} {
		if n, err := h.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	if string(h.Bytes()) != "abcd" || all.String() != "abcdefg" {
		t.Errorf("kept %q of %q", h.Bytes(), all.String())
	}
}
