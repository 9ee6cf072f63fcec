// Package manifest finds image names inside YAML and changes them in place,
// byte by byte: comments, order, quoting, number spellings, line ends and
// unknown fields stay as they were.
//
// # Use
//
// [Find] lists what an input holds. [Rewrite] changes one in memory. [Scan]
// and [Plan.Copy] do the same to a stream of any size in two passes: the first
// reads everything and keeps only the edits, so a broken document is an error
// before a byte is written; the second copies and splices. Memory grows with
// the largest document, not with the input.
//
// What an image becomes is the caller's business: [Options.Replace] is called
// once for each distinct image. [Index] finds duplicate objects, in one input or
// several.
//
// # Where images are found
//
//   - image of every element of containers, initContainers and
//     ephemeralContainers, at any depth of any object;
//   - reference of an image volume (volumes[].image.reference);
//   - the fields of well-known kinds, listed in internal/locate/known.go;
//   - the fields that [Locators] add, in client-go's JSONPath syntax, with
//     repository and tag in two fields if asked;
//   - with [Options.Env], values of env and elements of args that are an image name
//     and hold one of / : @, also behind --flag=;
//   - services.*.image of a compose file: a document with services and neither
//     apiVersion nor kind.
//
// Nothing is found inside a CustomResourceDefinition, a ConfigMap or a Secret, but
// by a locator whose path leads there without "..".
//
// # How it works
//
// Each layer is a package that knows nothing of those above it:
//
//	scan.go, plan.go, …   cuts the stream at document markers, turns matches into edits
//	internal/locate       finds the places that hold images, all by one form of rule
//	internal/yamltree     turns a document's bytes into a tree of byte ranges
//
// A document is read by a scanner that takes what people and generators write, and
// hands the rest to go.yaml.in/yaml/v3. Lines are counted only for a message.
//
// # Duplicate keys, aliases and the rest
//
// A duplicate key in a mapping is an error, as in Kubernetes' strict decoding, unless
// [Options.DuplicateKeys] accepts it. An
// image that is an alias is edited at its anchor, with a [Warning], since the alias
// itself holds no value. A string that is not an image name, as IMAGE_URL or
// {{ .Values.image }}, and one with a tag that makes it no string, is left alone with
// a [Warning]. UTF-16 and UTF-32 are errors: kubectl reads them, most tools do not.
// Two things that neither the YAML parser nor kubectl's knows are read: the directive
// %YAML 1.2, and the escape \/ that JSON allows.
//
// The package opens no file, starts no goroutine and keeps nothing between calls.
package manifest
