package image

import "strings"

// Limits of github.com/distribution/reference: a path has at most 255
// characters, a tag at most 128.
const (
	maxPath = 255
	maxTag  = 128
)

// Parse reads a reference and normalises it. The error is a [*ParseError].
func Parse(text string) (Ref, error) {
	domain, rest, fault := splitDomain(text)
	if fault != "" {
		return Ref{}, &ParseError{What: WhatReference, Text: text, Reason: fault}
	}
	end, ok := scanPath(rest)
	if !ok {
		return Ref{}, &ParseError{What: WhatReference, Text: text, Reason: pathFault(rest, end)}
	}
	ref := Ref{Domain: domain, Path: rest[:end]}
	if domain == hubDomain && strings.IndexByte(ref.Path, '/') < 0 {
		ref.Path = hubNamespace + ref.Path
	}
	if len(ref.Path) > maxPath {
		return Ref{}, &ParseError{What: WhatReference, Text: text, Reason: tooLong("the path", len(ref.Path), maxPath)}
	}
	if ref.Tag, ref.Digest, fault = splitTail(rest[end:]); fault != "" {
		return Ref{}, &ParseError{What: WhatReference, Text: text, Reason: fault}
	}
	return ref, nil
}

// splitDomain parts text into the domain and the rest, which starts with the
// path. The first element is the domain where it has a dot, a port or an
// upper-case letter, or is localhost.
func splitDomain(text string) (domain, rest, fault string) {
	slash := strings.IndexByte(text, '/')
	if slash < 0 {
		if isID(text) {
			return "", "", faultID
		}
		return hubDomain, text, ""
	}
	first, rest := text[:slash], text[slash+1:]
	switch {
	case first == hubLegacyDomain || first == hubDomain:
		return hubDomain, rest, ""
	case !looksLikeDomain(first):
		return hubDomain, text, ""
	case isDomain(first):
		return first, rest, ""
	}
	// A name such as my_host.com/app is a path without a domain.
	if end, _ := scanPath(text); end <= slash {
		return "", "", domainFault(text, first)
	}
	return "", text, ""
}

// splitTail parts what follows the path: [":" tag] ["@" digest].
func splitTail(tail string) (tag, digest, fault string) {
	if strings.HasPrefix(tail, ":") {
		tag = tail[1:]
		if at := strings.IndexByte(tag, '@'); at >= 0 {
			tag, tail = tag[:at], tag[at:]
		} else {
			tail = ""
		}
		if fault = tagFault(tag); fault != "" {
			return "", "", fault
		}
	}
	if tail != "" {
		digest = tail[1:]
		fault = digestFault(digest)
	}
	return tag, digest, fault
}
