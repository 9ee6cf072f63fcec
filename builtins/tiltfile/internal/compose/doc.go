// Package compose reads compose files: which services there are, what they run and
// what they build.
//
// Interpolation, merging of files and the canonical form are those of
// github.com/compose-spec/compose-go, the library of docker compose. Its loader is
// not used: it compiles a JSON schema whenever a program starts, whether that reads
// a compose file or not, which takes longer than all of a usual run. So include,
// extends and profiles are resolved here, and fields that no service of a script
// needs are not checked.
//
// It opens nothing itself: files are read by the caller's function.
package compose
