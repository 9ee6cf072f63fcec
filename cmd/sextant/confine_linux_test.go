//go:build !race

// The race detector reserves memory that no limit leaves it, and ends in words of its
// own: make test runs these tests without it.

package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestConfine: a process that has no memory left is distinguished from one that prints so, and
// from one that ends otherwise.
func TestConfine(t *testing.T) {
	const takes = "SEXTANT_TEST_TAKES"
	if _, inner := os.LookupEnv(confinedVariable); inner {
		confinedTest(os.Getenv(takes))
	}
	for what, want := range map[string]struct {
		code        int
		err, report string
	}{
		"words":  {7, "<nil>", ""},
		"memory": {0, "the script took more memory than the operating system allows it: 600 MiB", ""},
		"panic":  {2, "<nil>", "panic: went wrong"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Setenv(takes, what)
			stderr, err := os.Create(t.TempDir() + "/stderr")
			if err != nil {
				t.Fatal(err)
			}
			defer stderr.Close()
			var stdout, crash bytes.Buffer
			code, err := confine([]string{"-test.run=^TestConfine$"}, 600<<20, &stdout, stderr, &crash)
			if code != want.code || fmt.Sprint(err) != want.err || !strings.HasPrefix(crash.String(), want.report) || want.report == "" && crash.Len() > 0 {
				t.Errorf("exit code %d, %v, the report\n%s", code, err, crash.String())
			}
			if said, _ := os.ReadFile(stderr.Name()); !strings.HasPrefix(string(said), "fatal error: out of memory\n") || !strings.HasPrefix(stdout.String(), "out\n") {
				t.Errorf("standard error is %q, standard output %q", said, stdout.String())
			}
		})
	}
}

// confinedTest is the process that is limited. It does not return.
func confinedTest(takes string) {
	stderr, ok := confined(os.Stderr)
	if !ok {
		os.Exit(8)
	}
	fmt.Println("out")
	fmt.Fprintln(stderr, "fatal error: out of memory")
	switch takes {
	case "memory":
		var all [][]byte
		for range 1 << 10 {
			all = append(all, make([]byte, 1<<20))
		}
		fmt.Fprintln(stderr, len(all))
	case "panic":
		panic("went wrong")
	}
	os.Exit(7)
}
