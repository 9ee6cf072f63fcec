// Package format formats Starlark source: Clusterfiles, Tiltfiles and the files
// that they load.
//
// The layout is that of buildifier, printed by its own library. That library
// does not know every construct that Sextant accepts, so [Source] works in four
// steps:
//
//	parse       go.starlark.net parses the source; it is the judge of what is valid
//	substitute  while statements and bytes literals become constructs that buildifier knows
//	print       buildifier prints, with the symbols of load statements sorted
//	compare     the result is parsed again; another tree, or a lost comment, is an error
//
// The package never reads or writes a file, and never returns source that runs
// differently from what it was given.
package format
