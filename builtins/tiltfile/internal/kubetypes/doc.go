// Package kubetypes knows the types of the objects that Kubernetes itself has, and
// checks values of scripts against them: what a server, and Tilt before it, cannot
// decode is an error with the path of the field.
//
// A field that a type does not have is no error, as for a server. Custom resources are
// not known here, and nothing is required: a server checks that.
//
// It does no I/O. The types are those of k8s.io/api, made by a tool of the module
// controller, so that the command does not link them.
package kubetypes

//go:generate go -C ../../../../controller run ./internal/kubetypes ../builtins/tiltfile/internal/kubetypes/types.txt
