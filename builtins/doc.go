//go:generate go run ../internal/tools/reference ../docs/builtins.md

// Package builtins is what a Clusterfile can call.
//
// Every function and every attribute is one row of a table: its name, its
// parameters with types, defaults and one sentence each, and what it does. The
// table unpacks the arguments of each call, and it is what documentation,
// completion and editor stubs are made of: see [Functions] and [Attributes].
// To add a builtin, add a row to the file of its noun.
//
// [Run] is the plugin of one run. It holds what the script declared, starts
// the resolution of each cluster at its declaration, and gives the result back
// when the run is over:
//
//	run := builtins.New(builtins.Options{Resolver: resolver, Catalog: catalog})
//	err := engine.Run(ctx, "Clusterfile", run)
//	list := run.Clusters()
//
// It imports go.starlark.net, the packages cluster, cluster/image,
// cluster/manifest and starlark/convert, yaml.v3 and pflag. It does not import
// Sextant's interpreter, which knows it as a plugin; it connects to nothing
// itself, and reads files only through the file system that the run begins with.
package builtins
