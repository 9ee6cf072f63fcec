// Package atomicfile replaces files so that nobody, whenever they look, finds
// half of one, not even after a power cut: a new file is written beside the old
// one, flushed to the disk, and renamed.
//
// A file keeps its permissions and its owner, also if root writes it. A symbolic
// link is never written through: whoever made the folder would choose which file
// changes.
package atomicfile
