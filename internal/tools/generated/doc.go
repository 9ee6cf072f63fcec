// Generated reports whether the generated files are what `go generate` makes. It
// copies the module to a temporary folder, generates there, and fails with the
// names of the files that came out otherwise.
//
//	go run ./internal/tools/generated
//
// It imports the standard library only, needs no version control, and never
// writes into the module itself.
package main
