// Package manifest finds image names inside YAML and changes them in place,
// byte by byte: comments, order, quoting, number spellings, line ends and
// unknown fields stay as they were.
//
// # Use
//
// [Find] lists what a text holds. [Rewrite] changes a text in memory. [Scan]
// and [Plan.Copy] do the same to a stream of any size in two passes: the first
// reads everything and keeps only the edits, so a broken document is an error
// before a byte is written; the second copies and splices. Memory grows with
// the largest document, not with the input.
//
// What an image becomes is the caller's business: [Options.Replace] is asked
// once for each distinct image text. [Index] finds objects that stand twice, in
// one input or several.
//
// # Where images are found
//
//   - image of every element of containers, initContainers and
//     ephemeralContainers, at any depth of any object;
//   - reference of an image volume (volumes[].image.reference);
//   - the fields of well-known kinds, listed in known.go;
//   - the fields that [Locators] add, in client-go's JSONPath syntax, with
//     repository and tag in two fields where asked;
//   - with [Options.Env], values of env and elements of args that are wholly an
//     image name and hold one of / : @;
//   - services.*.image of a compose file: a document with services and neither
//     apiVersion nor kind.
//
// Nothing is found inside a CustomResourceDefinition, a ConfigMap or a Secret.
//
// # How it works
//
// A splitter cuts the stream at document markers. Each document goes to the
// fast scanner (fast.go), which knows the block style that people and
// generators write and refuses a document with any line that it cannot prove it
// understood. A refused document goes to the full scanner (full.go), over the
// node positions of go.yaml.in/yaml/v3. Both build the same tree of byte ranges
// (tree.go), and everything after that, the search and the edits, exists once.
//
// What a line says by itself (lex.go) does not depend on where it stands, so the
// fast scanner remembers it (linetable.go), as it does keys (keys.go) and image
// texts (texts.go): the lines of a large manifest repeat. So do documents: one
// that differs from an earlier one only in values, comments and block texts has
// the same tree but for offsets, and is read by comparing bytes (shape.go,
// shapes.go). Its lines are not even indexed (lines.go), and what the search finds
// in one such document it finds in all whose kind is the same (found.go).
//
// # Duplicate keys, aliases and the rest
//
// A key written twice in one mapping is an error, as Kubernetes' strict
// decoding says. An image that is an alias is edited at its anchor, with a
// [Warning], since the alias itself holds no text. A text that is no image
// name, as IMAGE_URL or {{ .Values.image }}, is left alone with a [Warning].
// UTF-16 and UTF-32 are errors: kubectl reads them, most tools do not. So are two
// things that the YAML parser does not know, nor kubectl's: the directive
// %YAML 1.2, and the escape \/ that JSON allows.
//
// The package imports cluster/image, go.yaml.in/yaml/v3 and client-go's JSONPath
// parser. It opens no file, starts no goroutine and keeps nothing between calls.
package manifest
