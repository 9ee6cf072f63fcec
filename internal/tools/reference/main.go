// Command reference writes docs/builtins.md, the reference of the language,
// from the builtins' table.
package main

import (
	"fmt"
	"os"

	"github.com/sextant-dev/sextant/internal/printer"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "reference:", err)
		os.Exit(1)
	}
}

func run(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := printer.Reference(f, "markdown"); err != nil {
		return err
	}
	return f.Close()
}
