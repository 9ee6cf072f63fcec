package image

import (
	"fmt"
	"strings"
)

// Request is one image to name.
type Request struct {
	// Ref is the reference, as a Dockerfile or a manifest has it.
	Ref string
	// Tag and Digest, if either is set, replace both the tag and the digest of
	// Ref.
	Tag, Digest string
	// Named, if set, is where the image goes in place of what the naming
	// chooses and of where it is now: a path below the registry's host, or a
	// full reference; see [ParsePlacement].
	Named string
}

// Rule is the rule that made a name.
type Rule string

const (
	RuleUnchanged   Rule = "unchanged"    // there is no registry
	RuleSingleName  Rule = "single-name"  // the registry has one repository
	RuleAlreadyHere Rule = "already-here" // the image is in the registry
	RuleLeftAlone   Rule = "left-alone"   // a Func left it alone
	RuleNamed       Rule = "named"        // by Request.Named
	RuleFlat        Rule = "flat"         // by Flat
	RuleNested      Rule = "nested"       // by Nested
	RuleHashed      Rule = "hashed"       // by Hashed
	RuleCustom      Rule = "custom"       // by a Func
)

// Names are the names of one image on one cluster.
type Names struct {
	// Ref is the reference as it was given, in its familiar form.
	Ref string
	// Name, Tag and Digest are the image asked for: the familiar name of Ref,
	// and its tag and digest or those that replace them.
	Name, Tag, Digest string
	// Local is the name to push, as seen from this machine.
	Local string
	// Cluster is the name to pull, as seen from the container runtime.
	Cluster string
	// Network is the name as seen from pods. Empty: they have none.
	Network string
	// Rule is the rule that made them.
	Rule Rule
}

// View is one of the places that a registry is seen from.
type View string

const (
	ViewLocal   View = "local"   // this machine
	ViewCluster View = "cluster" // the container runtime
	ViewNetwork View = "network" // pods
)

// ParseView reads the name of a view.
func ParseView(name string) (View, error) {
	switch view := View(name); view {
	case ViewLocal, ViewCluster, ViewNetwork:
		return view, nil
	}
	return "", &ParseError{What: WhatView, Text: name, Reason: `it is not "cluster", "local" or "network"`}
}

// Parts are the parts of a name that was made.
type Parts struct {
	// Registry is the host, with its port. It is docker.io for a name that has
	// none, and empty for the odd name of [Ref].
	Registry string `json:"registry"`
	// Path is the path below the registry, in full: library/busybox for busybox.
	Path string `json:"path"`
	// Repository is the name up to the tag, as it was made: it can be put
	// before a colon and the tag.
	Repository string `json:"repository"`
	// Tag and Digest are those of the name. Under one repository for all, the
	// tag is not the one asked for.
	Tag    string `json:"tag"`
	Digest string `json:"digest"`
}

// Parts takes apart the name of one view. They are zero for the network if pods
// have no name.
func (n Names) Parts(view View) Parts {
	name := n.Cluster
	switch view {
	case ViewLocal:
		name = n.Local
	case ViewNetwork:
		name = n.Network
	}
	ref := parseMade(name)
	return Parts{
		Registry:   ref.Domain,
		Path:       ref.Path,
		Repository: strings.TrimSuffix(name, suffix(ref.Tag, ref.Digest)),
		Tag:        ref.Tag,
		Digest:     ref.Digest,
	}
}

// parseMade parses a name that was made, as all of them do. The empty name, that
// pods have none, is the zero Ref.
func parseMade(name string) Ref {
	ref, _ := Parse(name)
	return ref
}

// maxName is the limit on host, slash and path that many clients have, by the
// OCI distribution specification, "Pulling manifests".
const maxName = 255

// NameError reports why the name that an image gets cannot be used.
type NameError struct {
	Image  string // the reference as given, in its familiar form
	Name   string // the name that a limit or a rule forbids
	Rule   Rule   // that made it
	Reason string // what is wrong with it and what to do
}

func (e *NameError) Error() string {
	return fmt.Sprintf("image %q becomes %q by the rule %q: %s", e.Image, e.Name, string(e.Rule), e.Reason)
}
