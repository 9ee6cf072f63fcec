// Package format formats Starlark source: Clusterfiles, Tiltfiles and the files
// that they load.
//
// The layout is that of buildifier, printed by its own library. That library
// does not know every construct that Sextant accepts, so [Source] works in four
// steps:
//
//	parse       go.starlark.net parses the source; it is the judge of what is valid
//	substitute  while statements and strings become what buildifier's parser and printer keep
//	print       buildifier prints, with the symbols of load statements sorted
//	compare     the result is parsed again; another tree, or a lost comment, is an error
//
// A long source is formatted by its parts, since most are in layout already: those are
// printed once, and others again until the layout settles.
//
// The package never reads or writes a file, and never returns source that runs
// differently from what it was given.
package format
