package main

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

func TestReport(t *testing.T) {
	const events = `
{"Action":"start","Package":"a"}
{"Action":"output","Package":"a","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"attr","Package":"a","Test":"TestGood/sub","Key":"realserver","Value":"etcd"}
{"Action":"pass","Package":"a","Test":"TestGood/sub","Elapsed":0.5}
{"Action":"pass","Package":"a","Test":"TestGood","Elapsed":0.5}
{"Action":"pass","Package":"a","Test":"TestPlain","Elapsed":0.5}
{"Action":"output","Package":"a","Test":"TestPodman","Output":"=== RUN   TestPodman\n"}
{"Action":"output","Package":"a","Test":"TestPodman","Output":"    site_real_test.go:7: not run: podman could not be had: run: apt-get install podman\n"}
{"Action":"attr","Package":"a","Test":"TestPodman","Key":"realserver","Value":"podman"}
{"Action":"skip","Package":"a","Test":"TestPodman","Elapsed":0}
{"Action":"output","Package":"a","Output":"PASS\n"}
{"Action":"pass","Package":"a","Elapsed":1.25}
{"Action":"output","Package":"b","Test":"TestBad","Output":"    b_test.go:9: got 1\n"}
{"Action":"fail","Package":"b","Test":"TestBad","Elapsed":0}
{"Action":"skip","Package":"b","Test":"TestMute","Elapsed":0}
{"Action":"output","Package":"b","Output":"FAIL\n"}
{"Action":"fail","Package":"b","Elapsed":2}
{"ImportPath":"c","Action":"build-output","Output":"c.go:1: undefined: x\n"}
{"Action":"fail","Package":"c","Elapsed":0}
`
	const want = "ok\ta\t1.25s\n" +
		"    b_test.go:9: got 1\n" +
		"FAIL\nFAIL\tb\t2s\n" +
		"c.go:1: undefined: x\nFAIL\tc\t0s\n" +
		"tests of real servers: 2 passed, 0 failed, 1 not run\n" +
		"other tests that take long: 1 passed, 1 failed, 1 not run\n" +
		"not run: TestPodman in a: podman could not be had: run: apt-get install podman\n" +
		"not run: TestMute in b: no reason given\n"
	var out strings.Builder
	rep, err := readEvents(strings.NewReader(events), &out)
	if err != nil {
		t.Fatal(err)
	}
	rep.print(&out)
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the report (-want +got):\n%s", diff)
	}
}

func TestReportOfGarbage(t *testing.T) {
	if _, err := readEvents(strings.NewReader("go: no such tool\n"), new(strings.Builder)); err == nil {
		t.Error("text that is not JSON was read")
	}
}

func TestPackageNames(t *testing.T) {
	parts := []realcluster.Part{
		{Program: "docker", Packages: []string{"docker.io", "docker-cli"}},
		{Program: "dockerd", Packages: []string{"docker.io"}},
		{Program: "ssh", Packages: []string{"openssh-client"}},
	}
	for n, want := range [][]string{{"docker.io", "openssh-client"}, {"docker-cli"}, nil} {
		if diff := cmp.Diff(want, packageNames(parts, n)); diff != "" {
			t.Errorf("name %d (-want +got):\n%s", n, diff)
		}
	}
}

func TestTaggedTests(t *testing.T) {
	const module = "github.com/sextant-dev/sextant/"
	const site = module + "internal/test/realcluster"
	real, long, err := taggedTests(t.Context(), []string{module + "internal/test/realcluster/..."})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(real, testID{site, "TestAPIServerUsers"}) || slices.Contains(real, testID{site, "TestMain"}) || len(long) > 0 {
		t.Errorf("tests of real servers: got %v, and %v that take long", real, long)
	}
	if other := slices.IndexFunc(real, func(id testID) bool { return id.pkg != site }); other >= 0 {
		t.Errorf("%v is in a package without tests of real servers", real[other])
	}
	const startup = module + "bench/startup"
	real, long, err = taggedTests(t.Context(), []string{startup})
	if err != nil || len(real) > 0 || !slices.Equal(long, []testID{{startup, "TestStartup"}}) {
		t.Errorf("a package with a test that takes long: got %v, %v, %v", real, long, err)
	}
	if _, _, err := taggedTests(t.Context(), []string{module + "internal/test/certs"}); err == nil {
		t.Error("a package without either is not an error")
	}
}

// A test of real servers that passes without them proves nothing.
func TestHollow(t *testing.T) {
	read := func(events string) *report {
		rep, err := readEvents(strings.NewReader(events), io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return rep
	}
	servers := read(`
{"Action":"attr","Package":"a","Test":"TestSound","Key":"realserver","Value":"etcd"}
{"Action":"pass","Package":"a","Test":"TestSound"}
{"Action":"attr","Package":"a","Test":"TestHollow","Key":"realserver","Value":"etcd"}
{"Action":"pass","Package":"a","Test":"TestHollow"}
{"Action":"pass","Package":"a","Test":"TestLost"}
{"Action":"pass","Package":"a","Test":"TestOther"}
{"Action":"attr","Package":"a","Test":"TestSubs/skips","Key":"realserver","Value":"etcd"}
{"Action":"attr","Package":"a","Test":"TestSubs/passes","Key":"realserver","Value":"etcd"}
{"Action":"pass","Package":"a","Test":"TestSubs/skips"}
{"Action":"pass","Package":"a","Test":"TestSubs/passes"}
{"Action":"pass","Package":"a","Test":"TestSubs/plain"}
{"Action":"pass","Package":"a","Test":"TestSubs"}
`)
	without := read(`
{"Action":"skip","Package":"a","Test":"TestSound"}
{"Action":"pass","Package":"a","Test":"TestHollow"}
{"Action":"skip","Package":"a","Test":"TestSubs/skips"}
{"Action":"pass","Package":"a","Test":"TestSubs/passes"}
{"Action":"pass","Package":"a","Test":"TestSubs/plain"}
{"Action":"pass","Package":"a","Test":"TestSubs"}
`)
	err := hollow([]testID{{"a", "TestSound"}, {"a", "TestHollow"}, {"a", "TestLost"}}, servers, without)
	const want = "TestLost in a asks for no server: move it out of *_real_test.go\n" +
		"TestHollow in a passes although its servers are missing\n" +
		"TestSubs/passes in a passes although its servers are missing"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
