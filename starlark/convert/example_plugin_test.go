package convert_test

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/starlark/convert"
)

type Resources struct {
	CPU      string `json:"cpu"`
	MemoryMB int    `json:"memoryMB"`
}

// Take a struct from a script's dict in a builtin. What the script does not set
// keeps its default, and a mistake is reported with its place.
func ExampleToGo() {
	resources := starlark.NewBuiltin("resources", func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		var given starlark.Value
		if err := starlark.UnpackArgs(b.Name(), args, kwargs, "resources", &given); err != nil {
			return nil, err
		}
		r := Resources{CPU: "500m", MemoryMB: 256}
		if err := convert.ToGo(given, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", b.Name(), err)
		}
		return convert.FromGo(r)
	})
	names := starlark.StringDict{"resources": resources}
	for _, expr := range []string{`resources({"cpu": "2"})`, `resources({"memory_mb": 64}).memory_mb`, `resources({"cpu": 2})`, `resources({"cpus": "2"})`} {
		v, err := starlark.EvalOptions(&syntax.FileOptions{}, &starlark.Thread{}, "example", expr, names)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(v)
	}
	// Output:
	// Resources(cpu="2", memory_mb=256)
	// 64
	// resources: cpu: want string, got int
	// resources: cpus: no such field (did you mean cpu?)
}
