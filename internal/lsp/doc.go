// Package lsp is a language server for scripts: it answers an editor over the
// Language Server Protocol, on one connection.
//
// The server keeps the open documents. A worker analyzes each after
// every change, with what it loads, and publishes what it found. Completion,
// hover and signature help work on the words around the cursor and the last
// analysis, so they need not wait for one and work on a line that does not parse;
// definition, references, rename, quick fixes and hints wait for the analysis of
// the present version. Symbols come from the statements that changed until then.
//
// It reads scripts below the folders of the editor, executes nothing, and
// connects to nothing. What it knows of clusters, and the names of images on
// them, comes from its [Options]. Every goroutine ends before [Serve] returns.
package lsp
