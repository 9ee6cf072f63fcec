// Package image turns the name that a script gives an image into the names to
// push and to pull it by.
//
// It is pure: it imports the standard library only, does no I/O, starts no
// goroutine and does nothing at program start. It knows nothing of Starlark,
// of clusters or of YAML.
//
// # References
//
// [Parse] accepts and normalises what ParseNormalizedNamed of
// github.com/distribution/reference v0.6.0 does, and rejects the rest: the
// domain defaults to docker.io, the namespace there to library, and
// index.docker.io is docker.io. Digests are sha256, sha384 or sha512 in lower
// case. The tests hold both parsers to the same answers.
//
// The familiar name is the short one that people write: busybox for
// docker.io/library/busybox. A few names of Docker Hub have a familiar name
// that means something else when it is read again: docker.io/gcr.io/foo would
// be gcr.io/foo. The names made here use the full name for those.
package image
