package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// event is one line of `go test -json`; `go doc test2json` has its fields.
type event struct {
	Action, Package, Test, Output, Key string
	Elapsed                            float64
}

// testID names a test or subtest of a package.
type testID struct{ pkg, test string }

func (id testID) String() string { return id.test + " in " + id.pkg }

// root is the test that a subtest belongs to.
func (id testID) root() testID {
	test, _, _ := strings.Cut(id.test, "/")
	return testID{id.pkg, test}
}

// above is the test that a subtest was started by; ok is false for a test.
func (id testID) above() (parent testID, ok bool) {
	i := strings.LastIndexByte(id.test, '/')
	return testID{id.pkg, id.test[:max(i, 0)]}, i >= 0
}

func compareIDs(a, b testID) int {
	return cmp.Or(strings.Compare(a.pkg, b.pkg), strings.Compare(a.test, b.test))
}

// result is the end of a test or subtest.
type result struct {
	id     testID
	action string // pass, fail or skip
	// why is a line for a skipped one.
	why string
}

// report is the outcome of the tests.
type report struct {
	packages int
	results  []result
	// passed are the tests and subtests that passed, parents those with subtests.
	passed, parents map[testID]bool
	// asked are the tests and subtests that asked for a real server, askedBelow
	// the tests that did so themselves or by a subtest.
	asked, askedBelow map[testID]bool
}

// readEvents shows a line a package, and all that a failing test printed, as
// they come.
func readEvents(r io.Reader, out io.Writer) (*report, error) {
	rep := &report{passed: map[testID]bool{}, parents: map[testID]bool{}, asked: map[testID]bool{}, askedBelow: map[testID]bool{}}
	printed := make(map[string][]string) // by package and test
	for lines := json.NewDecoder(bufio.NewReader(r)); ; {
		var e event
		if err := lines.Decode(&e); errors.Is(err, io.EOF) {
			return rep, nil
		} else if err != nil {
			return rep, fmt.Errorf("read the output of go test: %w", err)
		}
		id := e.Package + " " + e.Test
		switch e.Action {
		case "output":
			printed[id] = append(printed[id], e.Output)
		case "build-output":
			fmt.Fprint(out, e.Output)
		case "attr":
			if e.Key == realcluster.ServerAttr {
				id := testID{e.Package, e.Test}
				rep.asked[id], rep.askedBelow[id.root()] = true, true
			}
		case "pass", "fail", "skip":
			rep.add(e, printed[id], out)
			delete(printed, id)
		}
	}
}

func (r *report) add(e event, printed []string, out io.Writer) {
	if e.Action == "fail" {
		fmt.Fprint(out, strings.Join(printed, ""))
	}
	if e.Test == "" {
		r.packages++
		word := map[string]string{"pass": "ok", "fail": "FAIL", "skip": "?"}[e.Action]
		fmt.Fprintf(out, "%s\t%s\t%s\n", word, e.Package, time.Duration(e.Elapsed*float64(time.Second)))
		return
	}
	one := result{id: testID{e.Package, e.Test}, action: e.Action}
	if e.Action == "skip" {
		one.why = fmt.Sprintf("%s: %s", one.id, reason(printed))
	}
	r.results = append(r.results, one)
	if e.Action == "pass" {
		r.passed[one.id] = true
	}
	if parent, ok := one.id.above(); ok {
		r.parents[parent] = true
	}
}

// reason is what a test printed before it was skipped, without the place.
func reason(printed []string) string {
	for _, line := range printed {
		line = strings.TrimSpace(line)
		if _, said, ok := strings.Cut(line, ".go:"); ok {
			_, said, _ = strings.Cut(said, ": ")
			return strings.TrimPrefix(said, "not run: ")
		}
	}
	return "no reason given"
}

// print counts the tests that asked for real servers apart from the others.
func (r *report) print(out io.Writer) {
	count := map[bool]map[string]int{true: {}, false: {}}
	var skipped []string
	for _, one := range r.results {
		count[r.askedBelow[one.id.root()]][one.action]++
		if one.action == "skip" {
			skipped = append(skipped, one.why)
		}
	}
	for _, kind := range []struct {
		asked bool
		name  string
	}{{true, "tests of real servers"}, {false, "other tests that take long"}} {
		n := count[kind.asked]
		fmt.Fprintf(out, "%s: %d passed, %d failed, %d not run\n", kind.name, n["pass"], n["fail"], n["skip"])
	}
	for _, line := range skipped {
		fmt.Fprintf(out, "not run: %s\n", line)
	}
}

// tests are those that asked for a real server, in order.
func (r *report) tests() []testID { return slices.SortedFunc(maps.Keys(r.askedBelow), compareIDs) }

// needs reports whether a test or subtest, or one that it belongs to, asked for
// a real server.
func (r *report) needs(id testID) bool {
	for more := true; more; id, more = id.above() {
		if r.asked[id] {
			return true
		}
	}
	return false
}

// hollow returns an error for each test of real servers that proves nothing: one
// that is declared to be one and asked for none, and one that passed in a run
// without any. A test passes if all its subtests were skipped, so of one with
// subtests those count.
func hollow(declared []testID, servers, without *report) error {
	var errs []error
	for _, id := range declared {
		if servers.passed[id] && !servers.askedBelow[id] {
			errs = append(errs, fmt.Errorf("%s asks for no server: move it out of *_%s_test.go", id, tag))
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(without.passed), compareIDs) {
		if !without.parents[id] && servers.needs(id) {
			errs = append(errs, fmt.Errorf("%s passes although its servers are missing", id))
		}
	}
	return errors.Join(errs...)
}
