package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// A Naming chooses the path under the registry's host for an image that lives
// elsewhere. [Flat], [Nested], [Hashed] and [Func] are the ones there are.
type Naming interface {
	// Rule is the rule that the names report.
	Rule() Rule
	// Path gives the path for ref; room is how many characters a path can
	// have there. The path must be valid and may be longer than room: the
	// caller then reports the name that it makes.
	Path(ref Ref, room int) (string, error)
}

// Scheme is one of the namings that are made in.
type Scheme string

const (
	// Flat makes one element of the familiar name: gcr.io/foo/bar becomes
	// gcr.io_foo_bar. For registries without nested repositories.
	Flat Scheme = "flat"
	// Nested keeps the elements: gcr.io/foo/bar stays so, and
	// localhost:5000/foo becomes localhost_5000/foo.
	Nested Scheme = "nested"
	// Hashed is the last element, shortened where there is no room for it,
	// and 8 hexadecimal digits of the SHA-256 of the full name: bar-1f1a3a5c.
	Hashed Scheme = "hashed"
)

// Func is a naming of the caller's own: it gives the path for a familiar name
// without tag and digest. A [Namer] calls it from the goroutine that asks for
// a name, maybe from several at once, and keeps what it gives.
type Func func(familiar string) (string, error)

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

// Path makes the path for ref.
func (s Scheme) Path(ref Ref, room int) (string, error) {
	domain, path := ref.shortParts()
	switch s {
	case Flat:
		if domain != "" {
			path = domainElement(domain) + "_" + path
		}
		return strings.ReplaceAll(path, "/", "_"), nil
	case Nested:
		if domain != "" {
			path = domainElement(domain) + "/" + path
		}
		return path, nil
	case Hashed:
		return hashed(ref, room), nil
	}
	return "", unknownScheme(string(s))
}

func unknownScheme(name string) error {
	return &ParseError{What: WhatNaming, Text: name, Reason: `it is not "flat", "nested" or "hashed"`}
}

// Rule is [RuleCustom].
func (f Func) Rule() Rule { return RuleCustom }

// Path calls f.
func (f Func) Path(ref Ref, _ int) (string, error) {
	familiar := ref.short()
	path, err := f(familiar)
	if err != nil {
		return "", fmt.Errorf("naming function, called with %q: %w", familiar, err)
	}
	return path, nil
}

// domainElement makes an element of a path of a domain: lower case, _ before
// the port. An IPv6 address loses its brackets and has - for each colon, with
// a 0 where it would begin or end with one: [::1]:5000 is 0--1_5000.
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
