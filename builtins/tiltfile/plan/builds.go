package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// Select returns the builds of the named images and the builds that those need, in
// the order of builds. No names are all.
func Select(builds []tiltfile.Build, refs []string) ([]tiltfile.Build, error) {
	if len(refs) == 0 {
		return builds, nil
	}
	wanted := map[string]bool{}
	var want func(ref string)
	want = func(ref string) {
		if wanted[ref] {
			return
		}
		wanted[ref] = true
		if i := index(builds, ref); i >= 0 {
			for _, dep := range builds[i].DependsOn {
				want(dep)
			}
		}
	}
	for _, ref := range refs {
		if index(builds, ref) < 0 {
			return nil, fmt.Errorf("the script builds no image %q%s", ref, suggest.OrOneOf(ref, allRefs(builds)))
		}
		want(ref)
	}
	return slices.DeleteFunc(slices.Clone(builds), func(b tiltfile.Build) bool { return !wanted[b.Ref] }), nil
}

// stages returns when each build can begin: 0 if it needs no other, else one more
// than the last of those that it needs.
func stages(builds []tiltfile.Build) (map[string]int, error) {
	done := map[string]int{}
	var path []string
	var visit func(ref string) (int, error)
	visit = func(ref string) (int, error) {
		if stage, ok := done[ref]; ok {
			return stage, nil
		}
		if i := slices.Index(path, ref); i >= 0 {
			return 0, fmt.Errorf("the builds need each other in a cycle: %s", strings.Join(append(path[i:], ref), " -> "))
		}
		i := index(builds, ref)
		if i < 0 {
			return 0, fmt.Errorf("the script builds no image %q", ref)
		}
		path = append(path, ref)
		stage := 0
		for _, dep := range builds[i].DependsOn {
			before, err := visit(dep)
			if err != nil {
				return 0, err
			}
			stage = max(stage, before+1)
		}
		path = path[:len(path)-1]
		done[ref] = stage
		return stage, nil
	}
	for _, b := range builds {
		if _, err := visit(b.Ref); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// pushed is the name that the build is pushed by: of this machine's view of the
// registry, or as the script has it if there is no cluster to push for.
func pushed(b *tiltfile.Build) string {
	if b.Local != "" {
		return b.Local
	}
	return b.Ref
}

func index(builds []tiltfile.Build, ref string) int {
	return slices.IndexFunc(builds, func(b tiltfile.Build) bool { return b.Ref == ref })
}

func allRefs(builds []tiltfile.Build) []string {
	all := make([]string, len(builds))
	for i, b := range builds {
		all[i] = b.Ref
	}
	return all
}

// buildError is an error about one build, with its place.
func buildError(b *tiltfile.Build, format string, args ...any) error {
	return fmt.Errorf("%s: image %q: %w", b.Place, b.Ref, fmt.Errorf(format, args...))
}
