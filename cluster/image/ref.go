package image

import "strings"

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
	// Tag is empty where none was given; "latest" is never filled in.
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

// Match reports whether found, as it stands in a manifest, is the declared
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
