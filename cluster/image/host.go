package image

import (
	"fmt"
	"strings"
)

// ValidateHost reports whether host can be put before a path: a registry such
// as localhost:5000 or [::1]:5000, or a place inside one such as gcr.io/foo or
// docker.io/me. The rule is that host + "/x" is a name equal to its normalised
// self, as ParseNamed of github.com/distribution/reference wants it. The error
// is a [*ParseError].
func ValidateHost(host string) error {
	fault := func(reason string) error {
		return &ParseError{What: WhatHost, Text: host, Reason: reason}
	}
	if host == "" {
		return fault("it is empty")
	}
	probe := host + "/x"
	ref, err := Parse(probe)
	if err != nil {
		if _, path, ok := strings.Cut(host, "/"); ok && !strings.HasPrefix(path, "/") && strings.ContainsAny(path, ":@") {
			return fault("it must have no tag and no digest")
		}
		return fault(err.(*ParseError).Reason)
	}
	switch name := ref.Name(); {
	case name == probe:
		return nil
	case strings.HasPrefix(host, hubLegacyDomain+"/"):
		return fault(fmt.Sprintf("write it as %q", name[:len(name)-len("/x")]))
	case ref.Path == hubNamespace+"x":
		return fault("Docker Hub takes images under an account only, write docker.io/<account>")
	default:
		return fault(fmt.Sprintf("it means %q: a host has a dot or a port, or is localhost", name[:len(name)-len("/x")]))
	}
}

// ValidateSingleName reports whether name can be the one repository that all
// images of a registry go to: a path such as team/dev, without a tag. The
// error is a [*ParseError].
func ValidateSingleName(name string) error {
	fault := func(reason string) error {
		return &ParseError{What: WhatSingleName, Text: name, Reason: reason}
	}
	end, ok := scanPath(name)
	switch {
	case !ok:
		return fault(pathFault(name, end))
	case end < len(name):
		return fault("it must have no tag and no digest, each image gets its own tag there")
	case len(name) > maxPath:
		return fault(tooLong("it", len(name), maxPath))
	}
	return nil
}
