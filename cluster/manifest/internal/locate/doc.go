// Package locate finds the places of a tree that hold images.
//
// A [Rule] defines where objects of some kinds hold them, by paths in client-go's
// JSONPath syntax. The places that every object may have, those of well-known
// kinds (known.go) and those that a script adds are rules of this one form. A
// [Search] applies them to a tree.
//
// Nothing is found inside a CustomResourceDefinition, a ConfigMap or a Secret,
// but by a caller's rule whose path names the place (without "..").
//
// The package reads trees and changes nothing. It decides neither what is a valid
// image name nor what becomes of it.
package locate
