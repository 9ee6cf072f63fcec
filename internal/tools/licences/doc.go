// Licences holds docs/dependencies.md to go.mod: each module that go.mod
// requires has a row there with its version and the licence that its own file
// is, every licence is one of those that this project accepts, and a module that
// is required directly has the reason.
//
//	go run ./internal/tools/licences [-write]
//
// With -write it brings the rows up to date, and keeps the reasons. It reads the
// licence files in Go's module cache, into which Go downloads what is missing.
// It imports the standard library only.
package main
