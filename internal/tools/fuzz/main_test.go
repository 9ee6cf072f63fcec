package main

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzDeclaration is found by TestFind, and checks that no input breaks the search.
func FuzzDeclaration(f *testing.F) {
	f.Add("func FuzzX(f *testing.F) {")
	f.Fuzz(func(t *testing.T, text string) {
		for _, match := range declaration.FindAllStringSubmatch(text, -1) {
			if len(match) != 2 || len(match[1]) < len("Fuzz") {
				t.Errorf("found %q in %q", match, text)
			}
		}
	})
}

func TestFind(t *testing.T) {
	const here = "github.com/sextant-dev/sextant/internal/tools/fuzz"
	got, err := find([]string{here})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]target{{here, "FuzzDeclaration"}}, got); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	if got, err := find([]string{"github.com/sextant-dev/sextant/internal/tools/generated"}); err == nil {
		t.Errorf("found %v in a package without targets", got)
	}
}

// TestRunAll: every target runs once, so many at the same time, and none begins once
// one has failed.
func TestRunAll(t *testing.T) {
	targets := []target{{"p", "FuzzA"}, {"p", "FuzzB"}, {"p", "FuzzC"}, {"p", "FuzzD"}}
	var both sync.WaitGroup
	both.Add(2)
	var ran atomic.Int64
	err := runAll(targets[:2], 2, func(target) error {
		ran.Add(1)
		both.Done()
		both.Wait() // for the other
		return nil
	})
	if err != nil || ran.Load() != 2 {
		t.Errorf("%d ran: %v", ran.Load(), err)
	}
	ran.Store(0)
	err = runAll(targets, 1, func(one target) error {
		ran.Add(1)
		if one.Name == "FuzzB" {
			return errors.New("failed")
		}
		return nil
	})
	if err == nil || err.Error() != "FuzzB in p: failed" || ran.Load() != 2 {
		t.Errorf("%d ran: %v", ran.Load(), err)
	}
}

func TestOutOfTime(t *testing.T) {
	for text, want := range map[string]bool{
		"fuzz: elapsed: 5s, execs: 14793 (4278/sec), new interesting: 241 (total: 369)\n" +
			"--- FAIL: FuzzX (5.06s)\n    context deadline exceeded\nFAIL\nexit status 1\nFAIL\tx.org/x\t5.080s\n": true,
		"--- FAIL: FuzzX (5.06s)\n    --- FAIL: FuzzX (0.00s)\n        x_test.go:9: context deadline exceeded\n    \n" +
			"    Failing input written to testdata/fuzz/FuzzX/1\nFAIL\n": false,
		"--- FAIL: FuzzX (5.06s)\n    context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzX/1\nFAIL\n": false,
		"--- FAIL: FuzzX (0.10s)\n    x_test.go:9: context deadline exceeded\nFAIL\n":                                        false,
		"--- FAIL: FuzzX (0.10s)\n    fuzzing process hung or terminated unexpectedly: exit status 2\nFAIL\n":                false,
		"PASS\nok  \tx.org/x\t5.080s\n": false,
	} {
		if outOfTime.MatchString(text) != want {
			t.Errorf("got %v for\n%s", !want, text)
		}
	}
}
