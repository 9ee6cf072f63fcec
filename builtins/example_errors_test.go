package builtins_test

import (
	"context"
	"errors"
	"fmt"
	"testing/fstest"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/starlark"
)

// Take an error apart: where in the scripts it happened, and what it was.
func ExampleNotReadyError() {
	engine := &starlark.Engine{Files: fstest.MapFS{
		"Clusterfile":   {Data: []byte("load('lib/push.star', 'push')\nprod = k8s_cluster('prod')\npush(prod)\n")},
		"lib/push.star": {Data: []byte("def push(c):\n    c.image('shop/api')\n")},
	}}
	down := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		return cluster.Observation{Status: cluster.ClusterStatus{Error: "connecting to https://10.0.0.1:6443 failed"}}, nil
	})
	err := engine.Run(context.Background(), "Clusterfile", builtins.New(builtins.Options{Resolver: down}))

	var failure *starlark.ScriptError
	if errors.As(err, &failure) {
		for _, frame := range failure.Frames {
			fmt.Println(frame.File, frame.Line, frame.Func)
		}
	}
	var notReady *builtins.NotReadyError
	var notRecorded *cluster.NotRecordedError
	switch {
	case errors.As(err, &notReady):
		fmt.Printf("%s, declared at %s: %s\n", notReady.Name, notReady.At, notReady.Reason)
	case errors.As(err, &notRecorded):
		fmt.Println("record the clusters again")
	}
	// Output:
	// Clusterfile 3 <toplevel>
	// lib/push.star 2 push
	// prod, declared at Clusterfile:2:19: connecting to https://10.0.0.1:6443 failed
}
