package compose

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/sextant-dev/sextant/internal/suggest"
)

// serviceFields and buildFields are the fields of a service and of its build that the JSON
// schema of compose files has. The library has a few more, of files before version 2.
var (
	serviceFields = sync.OnceValue(func() []string {
		return fieldsOf(reflect.TypeFor[types.ServiceConfig](), "name", "net", "log_driver", "log_opt", "volume_driver", "dockerfile")
	})
	buildFields = sync.OnceValue(func() []string { return fieldsOf(reflect.TypeFor[types.BuildConfig]()) })
)

// fieldsOf are the names in YAML of the fields of a struct, without those that files do not
// have.
func fieldsOf(t reflect.Type, without ...string) []string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name != "" && name[0] != '#' && name != "-" && !slices.Contains(without, name) {
			names = append(names, name)
		}
	}
	return names
}

// checkFields fails, as docker compose does, for a field that a service or its build
// cannot have.
func checkFields(service map[string]any) error {
	if err := checkKnown(service, serviceFields()); err != nil {
		return err
	}
	build, _ := service["build"].(map[string]any)
	if err := checkKnown(build, buildFields()); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	return nil
}

func checkKnown(fields map[string]any, known []string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) && !strings.HasPrefix(name, "x-") {
			return fmt.Errorf("no field %q%s", name, suggest.DidYouMean(name, known))
		}
	}
	return nil
}
