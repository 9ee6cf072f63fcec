//go:generate go run ../../../internal/tools/schema ../../..

// Package plan turns what a Tiltfile declares into what other tools take: a bake
// file for docker buildx, a build matrix for GitHub Actions, a graph for Graphviz.
//
// The functions are pure: they read a Dockerfile or an ignore file only through
// the file system that they are given, and return the files to write. What a
// format cannot express is an error that names the build. Nothing is left out.
//
// # Which files a build sees
//
// Tilt's docker_build takes only= and ignore=, which neither a bake file nor a
// matrix has. BuildKit reads an ignore file beside the Dockerfile, NAME.dockerignore
// for the Dockerfile NAME. So such a build gets a Dockerfile of its own, a copy,
// with an ignore file beside it: [Generated] files, in a folder of the caller's.
package plan
