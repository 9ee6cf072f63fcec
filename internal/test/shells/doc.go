// Package shells completes command lines in real shells, with the scripts that
// sextant completion prints, and looks at what a user sees. It has tests only;
// `make test-real` runs them.
package shells
