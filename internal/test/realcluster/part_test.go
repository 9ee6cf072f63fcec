package realcluster

import (
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
)

// tester records what check does to a test.
type tester struct {
	testing.TB
	skipped, failed bool
}

func (*tester) Helper()                {}
func (r *tester) Skipf(string, ...any) { r.skipped = true; runtime.Goexit() }
func (r *tester) Fatal(...any)         { r.failed = true; runtime.Goexit() }

func TestCheck(t *testing.T) {
	missing := &MissingError{Part: "podman", Remedy: "run: apt-get install podman"}
	tests := []struct {
		name            string
		err             error
		ci, required    string
		skipped, failed bool
	}{
		{"all well", nil, "true", "1", false, false},
		{"missing", missing, "", "", true, false},
		{"missing below", errors.Join(errors.New("start podman"), missing), "", "", true, false},
		{"missing on CI", missing, "true", "", false, true},
		{"missing and required", missing, "", "1", false, true},
		{"broken", errors.New("podman ended"), "", "", false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("CI", tt.ci)
			t.Setenv("SEXTANT_REAL_REQUIRED", tt.required)
			got, done := new(tester), make(chan struct{})
			go func() {
				defer close(done)
				check(got, tt.err)
			}()
			<-done
			if got.skipped != tt.skipped || got.failed != tt.failed {
				t.Errorf("skipped: %t, failed: %t", got.skipped, got.failed)
			}
		})
	}
}

func TestFindMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	part := Part{Program: "no-such-program", Packages: []string{"this", "that"}}
	_, err := part.Find()
	missing, ok := errors.AsType[*MissingError](err)
	if !ok {
		t.Fatalf("got %v", err)
	}
	if want := "no-such-program could not be had: run: apt-get install this or that"; missing.Error() != want {
		t.Errorf("got %q, want %q", missing, want)
	}
	because := &MissingError{Part: "etcd", Remedy: "try again", Err: os.ErrPermission}
	if !errors.Is(because, os.ErrPermission) || !strings.Contains(because.Error(), "permission denied: try again") {
		t.Errorf("got %q", because)
	}
}

// With the variable set, no part is there, so that a test which passes all the
// same is found.
func TestAllMissing(t *testing.T) {
	t.Setenv("SEXTANT_REAL_MISSING", "1")
	for _, part := range append(Parts(), Part{Program: "go"}) {
		if _, err := part.Find(); err == nil {
			t.Errorf("%s is there", part.Program)
		}
	}
	if _, err := BuildTools(t.Context()); err == nil {
		t.Error("Kubernetes is there")
	}
	if _, err := BuildBuildx(t.Context()); err == nil {
		t.Error("buildx is there")
	}
}
