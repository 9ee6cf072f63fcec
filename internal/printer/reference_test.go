package printer

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins"
)

// TestEntry holds what is said of a name: the lines that are not indented.
func TestEntry(t *testing.T) {
	for name, want := range map[string][]string{
		"Image.tag":       {"Image.tag: str"},
		"shlex":           {"shlex.quote(s) -> str"},
		"warn":            {"warn(msg) -> None"},
		"Cluster.rewrite": {`Cluster.rewrite(yaml, images=None, env=False, pull_policy="keep") -> Blob`},
	} {
		var got []string
		for line := range strings.Lines(entry(t, name)) {
			if !strings.HasPrefix(line, " ") {
				got = append(got, strings.TrimSuffix(line, "\n"))
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
}

// TestEntryIsComplete: a type shows each of its attributes and methods, a module
// each of its functions.
func TestEntryIsComplete(t *testing.T) {
	members := map[string][]string{}
	for _, f := range builtins.Functions() {
		if of, _, ok := strings.Cut(f.Name, "."); ok {
			members[of] = append(members[of], f.Name+"(")
		}
	}
	for _, a := range builtins.Attributes() {
		members[a.Of] = append(members[a.Of], a.Of+"."+a.Name+": ")
	}
	if !slices.Contains(members["Cluster"], "Cluster.image(") || !slices.Contains(members["Cluster"], "Cluster.status: ") {
		t.Fatalf("got %q for a cluster", members["Cluster"])
	}
	for of, starts := range members {
		got := entry(t, of)
		for _, start := range starts {
			if !strings.Contains("\n"+got, "\n"+start) {
				t.Errorf("%s does not show %s", of, start)
			}
		}
	}
}

// TestReferenceNames: each name of the completion has an entry, and appears once.
func TestReferenceNames(t *testing.T) {
	names := ReferenceNames()
	for i, name := range names {
		entry(t, name)
		if slices.Contains(names[:i], name) {
			t.Errorf("%s stands twice", name)
		}
	}
	for _, name := range []string{"Cluster", "Registry", "Cluster.image", "os", "k8s_cluster"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing", name)
		}
	}
}

func TestEntryUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"Clustr":  `no function or attribute "Clustr" (did you mean "Cluster"?)`,
		"nothing": `no function or attribute "nothing"`,
	} {
		if err := Entry(&strings.Builder{}, name); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
}

func entry(t *testing.T, name string) string {
	t.Helper()
	var b strings.Builder
	if err := Entry(&b, name); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
