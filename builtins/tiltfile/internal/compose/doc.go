// Package compose reads compose files: which services there are, what they run and
// what they build.
//
// Interpolation and the format of env files are those of
// github.com/compose-spec/compose-go, the library of docker compose. Its loader and
// its merging are not used: they compile a JSON schema and regular expressions
// whenever a program starts, whether that reads a compose file or not, which takes
// longer than all of a usual run. So files are merged, and include, extends and
// profiles resolved, here; fields that no service of a script needs are neither
// merged nor checked.
//
// It opens nothing itself: files are read by the caller's function.
package compose
