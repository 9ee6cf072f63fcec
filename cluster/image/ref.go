package image

import (
	"strings"
	"unicode"
)

const (
	hubDomain       = "docker.io"
	hubLegacyDomain = "index.docker.io"
	hubNamespace    = "library/"
)

// Ref is a parsed image reference. Make one with [Parse].
type Ref struct {
	// Domain is the registry, with its port: docker.io, localhost:5000. It is
	// empty for the odd name whose first element looks like a host but is
	// none, as in my_host.com/app.
	Domain string
	// Path is the repository inside the registry: library/busybox.
	Path string
	// Tag is empty if none was given; "latest" is never filled in.
	Tag string
	// Digest is empty or algorithm:hex.
	Digest string
}

// Name is the full name without tag and digest: docker.io/library/busybox.
func (r Ref) Name() string {
	if r.Domain == "" {
		return r.Path
	}
	return r.Domain + "/" + r.Path
}

// Familiar is the short name without tag and digest: busybox, gcr.io/foo/bar.
func (r Ref) Familiar() string {
	if r.Domain == hubDomain {
		return r.hubPath()
	}
	return r.Name()
}

// String is the familiar name with the tag and the digest.
func (r Ref) String() string {
	return r.Familiar() + suffix(r.Tag, r.Digest)
}

// Match reports whether found, as written in a manifest, is the declared
// image r: the names are equal, and the tags too where r has one.
func (r Ref) Match(found Ref) bool {
	return r.Domain == found.Domain && r.Path == found.Path &&
		(r.Tag == "" || r.Tag == found.Tag)
}

// hubPath is the path without the namespace of the official images.
func (r Ref) hubPath() string {
	if name, ok := strings.CutPrefix(r.Path, hubNamespace); ok && strings.IndexByte(name, '/') < 0 {
		return name
	}
	return r.Path
}

// upperNamespace reports whether the domain is one only because it has an
// upper-case letter, as in MyTeam/api.
func upperNamespace(r Ref) bool {
	return strings.ContainsFunc(r.Domain, unicode.IsUpper) && !strings.ContainsAny(r.Domain, ".:[")
}

// short is the familiar name, or the full one where the familiar one would
// read back as another image or as none. So two images never share it.
func (r Ref) short() string {
	domain, path := r.shortParts()
	if domain == "" {
		return path
	}
	return domain + "/" + path
}

func (r Ref) shortParts() (domain, path string) {
	if r.Domain != hubDomain {
		return r.Domain, r.Path
	}
	path = r.hubPath()
	first, _, nested := strings.Cut(path, "/")
	if nested && looksLikeDomain(first) || isID(path) {
		return r.Domain, r.Path
	}
	return "", path
}

// request asks for the names of the image.
func (r Ref) request() Request {
	return Request{Ref: r.short() + suffix(r.Tag, r.Digest)}
}

// base is the last element of the path.
func (r Ref) base() string {
	return r.Path[strings.LastIndexByte(r.Path, '/')+1:]
}

// suffix is what follows a name.
func suffix(tag, digest string) string {
	switch {
	case tag != "" && digest != "":
		return ":" + tag + "@" + digest
	case tag != "":
		return ":" + tag
	case digest != "":
		return "@" + digest
	}
	return ""
}

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
		return Ref{}, &ParseError{What: WhatReference, Text: text, Reason: pathFault(text, rest, end)}
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
// path. The first element is the domain if it has a dot, a port or an
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
