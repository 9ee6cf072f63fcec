// Package yamltree turns the bytes of a YAML document into a tree of byte
// ranges, so that a caller can find values by their keys and replace their bytes.
//
// # How it reads
//
// A [Reader] reads one document at a time. The fast scanner (fast.go, keys.go,
// values.go, flow.go) goes over the bytes once, words at a time, and takes what people
// and generators write: block and flow collections, plain and quoted scalars,
// each over several lines too, literal and folded blocks, comments, anchors,
// aliases, merge keys, LF and CRLF. It takes a document only if it is certain of
// every byte; any other goes to the full scanner (full.go), which is
// go.yaml.in/yaml/v3 with node positions turned into offsets. That parser is
// the judge: a differential fuzz test holds the fast scanner to it, and every
// error comes from it.
//
// The fast scanner refuses tags, complex keys, a root that is a scalar, directives,
// tabs as white space outside flow collections, and whatever is broken or has a
// duplicate key.
//
// # What it never does
//
// It knows no Kubernetes. It does no I/O, counts no lines, and keeps nothing
// between documents but its buffers.
package yamltree
