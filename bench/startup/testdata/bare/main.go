// Command bare runs a script with the interpreter alone: no cluster, no flags.
package main

import (
	"fmt"
	"os"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

func main() {
	if _, err := starlark.ExecFileOptions(&syntax.FileOptions{}, &starlark.Thread{}, os.Args[1], nil, nil); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
