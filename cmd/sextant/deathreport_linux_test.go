package main

import "testing"

// TestDeathReport: what the Go runtime reports when it has no memory, and what it
// reports of a program's own faults.
func TestDeathReport(t *testing.T) {
	for report, want := range map[string]bool{
		"fatal error: runtime: out of memory\n\nruntime stack:\n":                                                                                           true,
		"runtime: out of memory: cannot allocate 4194304-byte block (3221225472 in use)\nfatal error: out of memory\n":                                      true,
		"runtime: mmap: too much locked memory (check 'ulimit -l').\n":                                                                                      true,
		"runtime: goroutine stack exceeds 1000000000-byte limit\nfatal error: stack overflow\n":                                                             true,
		"runtime: failed to create new OS thread (have 5 already; errno=11)\nfatal error: newosproc\n":                                                      true,
		"SIGSEGV: segmentation violation\nPC=0x43443d m=3 sigcode=1 addr=0x0\n\ngoroutine 0 gp=0x29f8472292c0 m=3 [idle]:\nruntime.(*spanQueue).tryDrain()": true,
		"fatal error: unexpected signal during runtime execution\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x43443d]\n":                 true,

		"": false,
		"panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0]\n": false,
		"panic: no memory\n\tfatal error: out of memory\n":        false,
		"fatal error: concurrent map writes\n":                    false,
		"fatal error: all goroutines are asleep - deadlock!\n":    false,
		"SIGQUIT: quit\nPC=0x474821 m=0 sigcode=0\n\ngoroutine 0": false,
	} {
		r := deathReport{text: []byte(report)}
		if got := r.outOfMemory(); got != want {
			t.Errorf("%q: out of memory is %v", report, got)
		}
	}
}
