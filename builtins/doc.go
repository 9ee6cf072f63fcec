//go:generate go run ../internal/tools/reference ../docs/builtins.md

// Package builtins is what a Clusterfile can call.
//
// # A run
//
// [Run] is the plugin of one run. It holds what the script declared, starts
// the resolution of each cluster at its declaration, and returns the result
// when the run is over:
//
//	run := builtins.New(builtins.Options{Resolver: resolver, Catalog: catalog})
//	err := engine.Run(ctx, "Clusterfile", run)
//	list := run.Clusters()
//
// [Options] hold all that a script can see beyond its files: clusters,
// environment, arguments, programs. The zero value lets it see nothing. Make a
// new Run for each run of the engine; any number may run at the same time.
//
// # Results
//
// [Run.Clusters] are API objects, [Run.Outputs] are JSON, and [Run.Render]
// writes manifests, reading them again from the run's files: keep those open
// until then. Warnings go to [Options.Warn] as they arise.
//
// # Errors
//
// What a builtin fails with is the cause of the script's error, so errors.As
// finds [*NotReadyError], [*ContextNotAllowedError], [*ConfigError],
// [*FailError] and [*diag.LimitError]. A cluster that cannot be reached is not an
// error by itself: see its status.
//
// # Beside other plugins
//
// A builtin of another plugin takes the values that this one makes with
// [AsCluster], [AsImage], [AsRegistry] and [AsText].
//
// # The table
//
// Every function and every attribute is one row of a table: its name, its
// parameters with types, defaults and one sentence each, and what it does. The
// table unpacks the arguments of each call, and documentation, completion and
// static checks are made of it: see [Functions] and [Attributes]. To add a
// builtin, add a row to the file of its noun; package builtins/internal/table
// describes rows.
//
// # What it does not do
//
// It does not know Sextant's interpreter, which knows it as a plugin; it connects
// to nothing itself, and reads files only through the file system that the run
// begins with.
package builtins
