// Package compose reads compose files: which services there are, what they run and
// what they build.
//
// Interpolation, merging of files and the canonical form are those of
// github.com/compose-spec/compose-go, the library of docker compose. Its loader and its
// JSON schema are not used: the library that reads the schema compiles others whenever a
// program starts, whether that reads a compose file or not, which takes as long as all of
// a usual run. So include, extends and profiles are resolved here. The names of the
// fields of services and of builds are checked, and of their values what a script needs.
//
// It opens nothing itself: files are read by the caller's function.
package compose
