package starlark_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing/fstest"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// Run a file and the file that it loads, with a plugin that collects what the
// script declares. The plugin is in example_plugin_test.go.
func Example() {
	engine := &starlark.Engine{
		Files: fstest.MapFS{
			"Clusterfile":    {Data: []byte("load('lib/names.star', 'names')\nfor n in names: greet(n)\n")},
			"lib/names.star": {Data: []byte("names = ['Ada', 'Grace']\n")},
		},
		Print: func(at diag.Position, message string) { fmt.Println(at, message) },
	}
	greetings := &greetings{}
	if err := engine.Run(context.Background(), "Clusterfile", greetings); err != nil {
		starlark.Render(os.Stderr, err)
		return
	}
	fmt.Println(greetings.all)
	// Output: [hello Ada hello Grace]
}

// Take an error apart: where it happened, why, and whether a limit did it.
func ExampleScriptError() {
	engine := &starlark.Engine{
		Files:  fstest.MapFS{"Clusterfile": {Data: []byte("def spin():\n    while True: pass\n\nspin()\n")}},
		Limits: starlark.Limits{Steps: 1000},
	}
	err := engine.Run(context.Background(), "Clusterfile")
	var failure *starlark.ScriptError
	if errors.As(err, &failure) {
		for _, frame := range failure.Frames {
			fmt.Println(frame.File, frame.Func)
		}
	}
	var limit *starlark.LimitError
	if errors.As(err, &limit) {
		fmt.Println(limit.Limit, limit.Max)
	}
	// Output:
	// Clusterfile <toplevel>
	// Clusterfile spin
	// steps 1000
}

// Find every mistake that shows without running anything.
func ExampleEngine_Check() {
	engine := &starlark.Engine{Files: fstest.MapFS{"Clusterfile": {Data: []byte("gret('Ada')\nlenn([])\n")}}}
	err := engine.Check(context.Background(), "Clusterfile", []string{"greet"})
	starlark.Render(os.Stdout, err)
	// Output:
	// Error: Clusterfile:1:1: undefined: gret (did you mean greet?)
	//   1 | gret('Ada')
	//     | ^
	//
	// Error: Clusterfile:2:1: undefined: lenn (did you mean len?)
	//   2 | lenn([])
	//     | ^
}
