// Package image turns the name that a script uses for an image into the names to
// push and to pull it by.
//
// It is pure: it imports the standard library and diag only, does no I/O, starts no
// goroutine and does nothing at program start. It knows nothing of Starlark,
// of clusters or of YAML. It decides no registry: the caller chooses which one
// is in force.
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
//
// # Rules
//
// A [Namer] makes the [Names] of an image. The rules, the first that applies:
//
//   - named: the [Request] names the place. It is a path under each host, or a
//     full name in place of host and path.
//   - unchanged: there is no registry. All names are the familiar one, that
//     of pods too.
//   - already-here: the image is under one of the registry's hosts. The rest
//     of its path is kept and put under each host. Hosts end where an element
//     of the path does: gcr.io/foobar is not in gcr.io/foo. A host on Docker
//     Hub, such as docker.io/me, has me/foo, and the name made is the full
//     one, docker.io/me/foo. If the registry has one repository for all, only
//     an image in that repository is here: it keeps its tag, or gets the tag
//     asked for, as it is.
//   - single-name: the registry has one repository for all. The name is
//     host/single:prefix-tag, or host/single:prefix without a tag. The prefix
//     is what the naming makes of the image, each slash an underscore. By flat
//     it is the last element of the image's path alone.
//   - flat, nested, hashed, custom: the [Naming] makes the path. A [Func] may
//     make a full name in its place.
//   - left-alone: a [Func] leaves the image as it is.
//
// The tag and the digest stay, with one repository too: the digest is that of
// the content, wherever it is. A tag or a digest asked for replaces both.
//
// A name made again, by any of its forms, gets the same names; a [Func] that
// makes full names has to leave those alone, which is checked. If one
// host lies inside another, as reg.com/a/b in reg.com/a, that takes one more
// rule: a path under a host never begins with what lies between the two, so
// reg.com/a/b/x is always x.
//
// A [Matcher] finds which declared image a reference means, by any of its names.
//
// # Paths
//
// A path is lower case, so an upper-case letter in a domain is made lower
// case. A domain that is one only by its upper-case letter, as in MyTeam/api, is
// an error: a namespace is meant. The colon before a port becomes an underscore. An IPv6 address loses
// its brackets and gets a dash for each colon, with a 0 if it would begin
// or end with one: [::1]:5000/foo is 0--1_5000_foo by flat. Two images that
// get the same name are an error of [Declared].
//
// # Limits
//
// A name made has at most 255 characters before the tag, the host with them.
// The OCI distribution specification notes that many clients have this limit
// ("Pulling manifests"). A tag has at most 128. Anything longer is a
// [*NameError] that shows the name.
package image
