// Package editors drives real editors with the configuration that docs/editors.md
// has, and looks at what a user sees. It has tests only; `make test-real` runs
// them.
package editors
