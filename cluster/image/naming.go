package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A Naming chooses where an image goes that is not in the registry. [Flat],
// [Nested], [Hashed] and [Func] are the ones there are.
type Naming interface {
	// Rule is the rule that the names report.
	Rule() Rule
	// Place returns where ref goes; room is how many characters a path can
	// have there. A path may be longer than room: the caller then reports the
	// name that it makes.
	Place(ref Ref, room int) (Placement, error)
}

// Placement is where an image goes. The zero value leaves it as it is.
type Placement struct {
	// Path is a path below each host of the registry.
	Path string
	// Name is a full name, without a tag and a digest, in place of a path.
	Name string
}

// ParsePlacement reads a path, such as team/api, or a full name, such as
// mirror.example.com/api. As in a reference, it is a full name if the first of
// several elements has a dot, a port or an upper-case letter, or is localhost.
// The error is a [*ParseError].
func ParsePlacement(text string) (Placement, error) {
	fault := func(reason string) (Placement, error) {
		return Placement{}, &ParseError{What: WhatPlacement, Text: text, Reason: reason}
	}
	if text == "" {
		return fault("it is empty, write a path such as team/api or a full name")
	}
	if first, _, ok := strings.Cut(text, "/"); ok && looksLikeDomain(first) {
		ref, err := Parse(text)
		switch {
		case err != nil:
			return fault(err.(*ParseError).Reason)
		case ref.Tag != "" || ref.Digest != "":
			return fault("it must have no tag and no digest, the image keeps its own")
		case ref.Domain == "":
			return fault(fmt.Sprintf("%q is neither a host nor the start of a path", first))
		case upperNamespace(ref):
			return fault(domainlessReason(ref))
		}
		return Placement{Name: ref.Name()}, nil
	}
	if end, ok := scanPath(text); !ok {
		return fault(pathFault(text, text, end))
	} else if end < len(text) {
		return fault("it must have no tag and no digest, the image keeps its own")
	}
	return Placement{Path: text}, nil
}

// Scheme is one of the built-in namings.
type Scheme string

const (
	// Flat makes one element of the familiar name: gcr.io/foo/bar becomes
	// gcr.io_foo_bar. For registries without nested repositories.
	Flat Scheme = "flat"
	// Nested keeps the elements: gcr.io/foo/bar stays so, and
	// localhost:5000/foo becomes localhost_5000/foo.
	Nested Scheme = "nested"
	// Hashed is the last element, shortened if there is no room for it, and 8
	// hexadecimal digits of the SHA-256 of the full name: bar-b0f8eefc. Two
	// names can have equal digits: one pair in 4 billion does, and of 10,000
	// images with one last element, one set in 86 has such a pair. [Declared]
	// finds it.
	Hashed Scheme = "hashed"
)

// Func is a naming of the caller's own, called with a familiar name without tag
// and digest. A [Namer] calls it from the goroutine that asks for a name, maybe
// from several at once, and remembers the result.
type Func func(familiar string) (Placement, error)

var (
	_ Naming = Flat
	_ Naming = Func(nil)
)

// ParseNaming reads the name of a [Scheme]. Empty is [Flat].
func ParseNaming(name string) (Naming, error) {
	switch scheme := Scheme(name); scheme {
	case "":
		return Flat, nil
	case Flat, Nested, Hashed:
		return scheme, nil
	}
	return nil, unknownScheme(name)
}

// Rule is the rule of the same name.
func (s Scheme) Rule() Rule { return Rule(s) }

// Place returns a path for ref.
func (s Scheme) Place(ref Ref, room int) (Placement, error) {
	domain, path := ref.shortParts()
	switch s {
	case Flat:
		if domain != "" {
			path = domainElement(domain) + "_" + path
		}
		return Placement{Path: oneElement(path)}, nil
	case Nested:
		if domain != "" {
			path = domainElement(domain) + "/" + path
		}
		return Placement{Path: path}, nil
	case Hashed:
		return Placement{Path: hashed(ref, room)}, nil
	}
	return Placement{}, unknownScheme(string(s))
}

func unknownScheme(name string) error {
	return &ParseError{What: WhatNaming, Text: name, Reason: `it is not "flat", "nested" or "hashed"`}
}

// Rule is [RuleCustom].
func (f Func) Rule() Rule { return RuleCustom }

// Place calls f.
func (f Func) Place(ref Ref, _ int) (Placement, error) {
	familiar := ref.short()
	placement, err := f(familiar)
	if err != nil {
		return Placement{}, fmt.Errorf("naming function, called with %q: %w", familiar, err)
	}
	return placement, nil
}

// oneElement makes one element of a path.
func oneElement(path string) string { return strings.ReplaceAll(path, "/", "_") }

// domainElement makes an element of a path of a domain: lower case, _ before
// the port. An IPv6 address loses its brackets and has - for each colon, with
// a 0 if it would begin or end with one: [::1]:5000 is 0--1_5000.
func domainElement(domain string) string {
	element := strings.ToLower(domain)
	if address, port, ok := strings.Cut(element, "]"); ok {
		address = address[1:]
		if address[0] == ':' {
			address = "0" + address
		}
		if address[len(address)-1] == ':' {
			address += "0"
		}
		element = strings.ReplaceAll(address, ":", "-") + port
	}
	return strings.ReplaceAll(element, ":", "_")
}

// hashDigits is how many hexadecimal digits of the hash a hashed name shows.
const hashDigits = 8

func hashed(ref Ref, room int) string {
	base := ref.base()
	// At least one letter stays, even if the name is then over the limit.
	if keep := max(room-hashDigits-len("-"), 1); len(base) > keep {
		base = strings.TrimRight(base[:keep], "._-")
	}
	sum := sha256.Sum256([]byte(ref.Name()))
	return base + "-" + hex.EncodeToString(sum[:hashDigits/2])
}
