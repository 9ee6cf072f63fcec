package image

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// What a [ParseError] is about.
const (
	WhatReference  = "image reference"
	WhatTag        = "image tag"
	WhatDigest     = "image digest"
	WhatHost       = "registry host"
	WhatSingleName = "single name"
	WhatNaming     = "naming"
	WhatPlacement  = "place of an image"
	WhatView       = "view of a name"
)

// ParseError reports why a string is not what it should be.
type ParseError struct {
	What   string // one of the What constants
	Text   string // as given
	Reason string // what is wrong with it and what to write
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("%s %q: %s", e.What, e.Text, e.Reason)
}

const faultID = "64 hexadecimal digits are an image ID, not a name: give a name, or name@sha256:<the digits>"

func tooLong(what string, length, limit int) string {
	return fmt.Sprintf("%s has %d characters, at most %d are allowed", what, length, limit)
}

// pathFault reports why the path at the end of whole, with its tag and digest, is
// wrong at byte i.
func pathFault(whole, text string, i int) string {
	switch {
	case i == len(text) && strings.HasSuffix(whole, "/") && whole != "/":
		return fmt.Sprintf("the name ends in a slash, leave it out: write %q", strings.TrimRight(whole, "/"))
	case text == "":
		return "the name is empty"
	case i == len(text):
		return fmt.Sprintf("the name ends in %q, it must end in a letter or a digit", text[i-1])
	case isUpper(text[i]):
		name, tail := text, ""
		if end := strings.IndexAny(text, ":@"); end >= 0 {
			name, tail = text[:end], text[end:]
		}
		const reason = "the name has an upper-case letter, it must be lower case"
		if name == strings.ToUpper(name) { // a placeholder, as IMAGE_URL
			return reason
		}
		return fmt.Sprintf("%s: write %q", reason, strings.TrimSuffix(whole, text)+strings.ToLower(name)+tail)
	case text[i] == '/' && (i == 0 || text[i-1] == '/'):
		return "an element of the name is empty"
	case byteKind[text[i]] != kindOther:
		return fmt.Sprintf("%q is not allowed at %q: letters and digits with one dot, one or two underscores, or dashes between them are allowed",
			text[i], text[i:])
	case text[i] == ':' || text[i] == '@':
		if i == 0 {
			return fmt.Sprintf("the name before %q is empty", text[i])
		}
		return fmt.Sprintf("the name ends in %q, it must end in a letter or a digit", text[i-1])
	}
	char, _ := utf8.DecodeRuneInString(text[i:])
	return fmt.Sprintf("the character %q is not allowed in a name", char)
}

// domainFault reports why first, which looks like a registry, is none.
func domainFault(text, first string) string {
	if reason := urlFault(text); reason != "" {
		return reason
	}
	return fmt.Sprintf("%q is not a host name or address with an optional port", first)
}

// domainlessReason is what to write for a reference of [upperNamespace].
func domainlessReason(ref Ref) string {
	lower := strings.ToLower(ref.Domain) + "/" + ref.Path + suffix(ref.Tag, ref.Digest)
	return fmt.Sprintf("%q means a registry host, since only a host may have an upper-case letter: write %q, or %q if a host is meant",
		ref.Domain, lower, strings.ToLower(ref.Domain)+":443/"+ref.Path+suffix(ref.Tag, ref.Digest))
}

// urlFault reports what to write in place of a URL, or nothing if text is none.
func urlFault(text string) string {
	scheme, rest, ok := strings.Cut(text, "://")
	switch {
	case !ok || strings.ContainsAny(scheme, "/@"):
		return ""
	case scheme == "ko":
		return `"ko://" names a Go package for ko to build, not an image: write the name that ko pushes the image to`
	}
	return fmt.Sprintf("it is a URL, leave out %q: write %q", scheme+"://", strings.TrimRight(rest, "/"))
}

// tagFault reports why tag is not a tag, or nothing if it is one.
func tagFault(tag string) string {
	switch {
	case tag == "":
		return "the tag is empty"
	case len(tag) > maxTag:
		return tooLong("the tag", len(tag), maxTag)
	case tag[0] == '.' || tag[0] == '-':
		return "the tag must begin with a letter, a digit or an underscore"
	case !all(tag, isTagByte):
		return "the tag may hold letters, digits, underscores, dots and dashes only"
	}
	return ""
}

// digestFault reports why digest is not a digest, or nothing if it is one.
func digestFault(digest string) string {
	algorithm, hex, ok := strings.Cut(digest, ":")
	if !ok {
		return "the digest has no algorithm, write sha256:<64 hexadecimal digits>"
	}
	var want int
	switch algorithm {
	case "sha256":
		want = 64
	case "sha384":
		want = 96
	case "sha512":
		want = 128
	default:
		return fmt.Sprintf("the digest algorithm %q is not one of sha256, sha384, sha512", algorithm)
	}
	if len(hex) != want {
		return fmt.Sprintf("the digest has %d characters after %s:, it needs %d", len(hex), algorithm, want)
	}
	if !all(hex, isLowerHex) {
		return "the digest may hold the digits 0-9 and a-f only, in lower case"
	}
	return ""
}
