// Package embedtest holds what an embedder relies on, and has only tests: that
// a module of somebody else's can use the engine with nothing internal, that
// one engine serves a thousand runs at the same time, and that the Go code in
// docs/embedding.md is code that compiles.
package embedtest
