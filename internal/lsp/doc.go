// Package lsp is a language server for scripts: it answers an editor over the
// Language Server Protocol, on one connection.
//
// Its types:
//
//	server      one connection: it passes each message to what answers it
//	analyzer    the open documents and their last analyses, made in the background
//	requests    what an editor asks about a document, in a file for each group:
//	            complete, hover, navigate, outline, fixes
//	formatter   the layout of documents, made when asked and ahead of that
//	hinter      the names of images, beside the calls that make them
//
// The analyzer analyzes each document after every change, with what it loads, and
// the server publishes what it found. Requests do not wait for that:
//
//	completion, hover, signatures   read the words around the cursor and the last analysis
//	definition                      looks the name up in the last analysis
//	references, rename              join the last analysis to that of the statements that
//	                                changed; if that is not exact, they wait (see partial)
//	quick fixes, hints              are those of the last analysis and of the last run,
//	                                carried to where their text is now (see change)
//	symbols, formatting             work by statement, and keep what did not change
//
// It reads scripts below the folders of the editor, executes nothing, and
// connects to nothing. What it knows of clusters, and the names of images on
// them, comes from its [Options]. Every goroutine ends before [Serve] returns.
package lsp
