package starlark_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing/fstest"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// Use one engine for many runs at the same time. Each has its own plugin, and
// with it its own result.
func ExampleEngine_Run_concurrent() {
	engine := &starlark.Engine{Files: fstest.MapFS{
		"ada.star":   {Data: []byte("greet('Ada')\n")},
		"grace.star": {Data: []byte("greet('Grace')\n")},
	}}
	scripts := []string{"ada.star", "grace.star"}
	results := make([]greetings, len(scripts))
	errs := make([]error, len(scripts))
	var running sync.WaitGroup
	for i, script := range scripts {
		running.Go(func() { errs[i] = engine.Run(context.Background(), script, &results[i]) })
	}
	running.Wait()
	fmt.Println(results[0].all, results[1].all, errors.Join(errs...))
	// Output: [hello Ada] [hello Grace] <nil>
}

// Cancel a run, and report why. A script stops at its next step, a builtin that
// waits stops waiting.
func ExampleCanceledError() {
	ctx, cancel := context.WithCancelCause(context.Background())
	engine := &starlark.Engine{
		Files:  fstest.MapFS{"Clusterfile": {Data: []byte("print('begun')\nwhile True: pass\n")}},
		Limits: starlark.Limits{Steps: math.MaxUint64},
		Print:  func(diag.Position, string) { cancel(errors.New("the window was closed")) },
	}
	err := engine.Run(ctx, "Clusterfile")
	var canceled *starlark.CanceledError
	if errors.As(err, &canceled) {
		fmt.Println(canceled.Err)
		fmt.Println(canceled.Cause)
	}
	// Output:
	// context canceled
	// the window was closed
}
