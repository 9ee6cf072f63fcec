// Command peers compares sextant render, end to end, with what else puts images
// into manifests: cat, cp and sed over the same bytes, a round trip through a
// YAML node parser, kustomize, and kbld, ytt and skaffold if they are on PATH.
//
//	go run ./bench/peers                    # the sample in three sizes, and documents that vary
//	go run ./bench/peers -sizes 100 -kustomize=false
//	go run ./bench/peers -sizes "" -varied 0 -corpus FILE...
//	go run ./bench/peers -write             # also writes docs/benchmarks-manifests.md
//
// Everything happens in a temporary folder, with images that are never pulled.
// kustomize is installed into that folder through the Go module proxy; the rest
// needs no network. The commands take turns, several times, and the best run of
// each counts. What each prints is decoded and compared with what sextant prints.
// Files of -corpus have to be YAML that is not compressed.
package main
