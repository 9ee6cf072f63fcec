package manifest_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/cluster/manifest/sample"
)

// TestHowItIsReadDoesNotMatter reads inputs larger than the buffers in bits.
func TestHowItIsReadDoesNotMatter(t *testing.T) {
	pod := "spec:\n  containers:\n  - image: a # " + strings.Repeat("x", 1000) + "\n"
	list := "kind: List\nitems:\n" + strings.Repeat("- spec:\n    containers:\n    - image: \"b/c\" # "+strings.Repeat("x", 250)+"\n", 1000)
	for name, text := range map[string]string{
		"documents":        strings.Repeat(pod+"---\n", 300),
		"one document":     list,
		"a large one last": pod + "---\n" + list,
		"a directive between": strings.Repeat(pod+"...\n# c\n%YAML 1.1\n---\n"+
			strings.Repeat("# y\n", 500), 100),
		"a directive and a large one": "%YAML 1.1\n---\n" + list + "...\n%YAML 1.1\n---\n" + list,
		"no marker is one":            "a: |\n  x\n  ---\n" + strings.Repeat("# --- --------------------------------------------------\n", 6000),
		"dashes":                      "a:\n" + strings.Repeat("- --------------------------------------------------------\n", 6000),
	} {
		opts := manifest.Options{File: "x.yaml", Replace: flat}
		want, plan, err := manifest.Rewrite([]byte(text), opts)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := strings.Count(text, "image: "); bytes.Count(want, []byte("localhost:5000/")) != n {
			t.Errorf("%s: not all of %d images are replaced", name, n)
		}
		for how, reader := range map[string]func(io.Reader) io.Reader{
			"halves": iotest.HalfReader, "data with EOF": iotest.DataErrReader,
		} {
			other, err := manifest.Scan(reader(strings.NewReader(text)), opts)
			if err != nil {
				t.Fatal(err)
			}
			if other.Size != plan.Size {
				t.Errorf("%s, %s: size %d, want %d", name, how, other.Size, plan.Size)
			}
			var out bytes.Buffer
			if err := other.Copy(&out, reader(strings.NewReader(text))); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Bytes(), want) {
				t.Errorf("%s, %s: the copy differs", name, how)
			}
		}
	}
}

func TestOneByteAtATime(t *testing.T) {
	for _, d := range corpus(t) {
		opts := d.opts
		opts.Replace = flat
		plan, err := manifest.Scan(iotest.OneByteReader(bytes.NewReader(d.in)), opts)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := plan.Copy(&out, iotest.OneByteReader(bytes.NewReader(d.in))); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), d.out) {
			t.Errorf("%s: %s", d.name, cmp.Diff(string(d.out), out.String()))
		}
	}
}

func TestEditLongerThanTheBuffer(t *testing.T) {
	text := "spec:\n  containers:\n  - image: \"a" + strings.Repeat("\\\n    ", 100000) + "b\"\n"
	plan, err := manifest.Scan(strings.NewReader(text), manifest.Options{Replace: flat})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := plan.Copy(&out, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	if want := "spec:\n  containers:\n  - image: \"localhost:5000/ab\"\n"; out.String() != want {
		t.Errorf("got %.100q", out.String())
	}
}

func TestCopyStopsAtAFailingWriter(t *testing.T) {
	plan, err := manifest.Scan(strings.NewReader("a: b\n"), manifest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	r.Close()
	if err := plan.Copy(w, strings.NewReader("a: b\n")); !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

// TestMemoryDoesNotGrowWithTheInput counts what a scan allocates: what it keeps
// is 16 bytes an edit.
func TestMemoryDoesNotGrowWithTheInput(t *testing.T) {
	allocated := func(n int) uint64 {
		r, w := io.Pipe()
		done := make(chan error)
		go func() {
			err := sample.Write(w, n)
			w.Close()
			done <- err
		}()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := manifest.Scan(r, manifest.Options{Replace: flat}); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		return after.HeapSys + after.StackSys
	}
	allocated(100)
	small, large := allocated(200), allocated(2000)
	if large > small+16<<20 {
		t.Errorf("ten times the input takes %d MiB more", (large-small)>>20)
	}
}

// A script may have thousands of small manifests: each costs what it is, and not the
// buffers of a large one.
func TestSmallManifestsAreCheap(t *testing.T) {
	const data = "kind: Pod\nspec:\n  containers:\n  - image: a/b:1\n"
	const runs, most = 100, 64 << 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range runs {
		plan, err := manifest.Scan(strings.NewReader(data), manifest.Options{Replace: toRegistry})
		if err != nil {
			t.Fatal(err)
		}
		if err := plan.Copy(io.Discard, strings.NewReader(data)); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > most {
		t.Errorf("%d bytes are allocated for each manifest of %d, want at most %d", each, len(data), most)
	}
}
