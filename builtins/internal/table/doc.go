// Package table makes builtins of rows. A row has the name of a function, its
// parameters with their types, defaults and one sentence each, and its body. One
// row is all there is to a function: calls are unpacked by it, and
// documentation, completion and static checks are made of it.
//
//	{
//		Name: "listdir", Returns: "list[str]", Doc: "Lists the files of a folder.",
//		Define: func(p *table.Params) table.Body[*Run] {
//			dir := table.Required(p, "path", table.Str, "The folder.")
//			deep := table.Optional(p, "recursive", table.Bool, sl.False, "Whether to list the folders below too.")
//			return func(r *Run, c *table.Call) (sl.Value, error) {
//				return r.list(dir.Of(c), deep.Of(c))
//			}
//		},
//	}
//
// Define runs once, when the function is first called or described. Each declaration
// of a parameter returns an [Arg], a typed handle by which the body reads the argument
// of one call. So a misspelt parameter does not compile, and neither does one that the
// body never reads, if its handle is a variable of Define.
//
// A [Type] converts the value of a script to a Go value, or reports why it cannot.
// What it refuses is an error that names function and parameter, so bodies check
// only what concerns several arguments, or the state of the run.
//
// # None
//
// A parameter of type [OrNone] takes None for an argument that is left out.
//
// # What it does not do
//
// The package does no I/O and knows neither a cluster nor a run: the state that
// bodies work on is a type parameter.
package table
