// Package sample makes manifests of any size, for benchmarks and for comparing
// with other tools: [Write] those of one generator, which are alike, and
// [WriteVaried] documents that differ in kind, order, depth and style. It imports the
// standard library alone and does no I/O of its own.
package sample
