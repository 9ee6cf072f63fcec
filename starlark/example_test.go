package starlark_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing/fstest"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
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

// Take an error apart: its place, its cause, and whether a limit was the cause.
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
	var limit *diag.LimitError
	if errors.As(err, &limit) {
		fmt.Println(limit.Limit, limit.Max)
	}
	// Output:
	// Clusterfile <toplevel>
	// Clusterfile spin
	// steps 1000
}

// Find the mistakes of a script without running it. The program's own functions
// are described in a row each.
func ExampleEngine_Check() {
	own, err := analysis.ParseRows("deploy(service: str, replicas: int = 1) -> None  # Deploys a service.")
	if err != nil {
		panic(err)
	}
	engine := &starlark.Engine{
		Files: fstest.MapFS{"Clusterfile": {Data: []byte("deploy('web', replica=2)\nlenn([])\n")}},
		Table: func(string) *analysis.Table { return analysis.NewTable(own) },
	}
	program, err := engine.Check(context.Background(), "Clusterfile")
	if err != nil {
		panic(err)
	}
	printer := diag.Printer{Line: program.Line}
	if err := printer.Print(os.Stdout, program.Diagnostics()); err != nil {
		panic(err)
	}
	// Output:
	// Error: Clusterfile:1:15: deploy: unexpected keyword argument "replica" (did you mean "replicas"?)
	//   1 | deploy('web', replica=2)
	//     |               ^
	//
	// Error: Clusterfile:2:1: undefined: lenn (did you mean len?)
	//   2 | lenn([])
	//     | ^
}
