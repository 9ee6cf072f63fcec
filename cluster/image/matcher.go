package image

import (
	"fmt"
	"strings"
)

// Canonical returns the one name, without tag and digest, that all names of an
// image have in common as far as the registry decides: under any of its hosts
// it is the name to push, and elsewhere the full name. It calls no naming.
func (n *Namer) Canonical(ref Ref) string {
	if n.registry != nil {
		if rest, _, ok := n.aliases.rest(ref); ok {
			return n.registry.Host + "/" + rest
		}
	}
	return ref.Name()
}

// Matcher finds which of some images a reference means, by whichever of its
// names it is written: the one it was added by, the one to push, the one to
// pull or the one of pods. It compares canonical names, never text. It is not
// safe for concurrent use.
//
// The tag decides too. An image that was added with a tag is meant only by that
// tag, or by the one that it got. If the registry has one repository for all,
// the tag has to begin with the image's, as its naming makes it.
type Matcher struct {
	namer  *Namer
	images []candidate
	byRef  map[Ref]int
	byName map[string][]int // the canonical names
}

// candidate is an image that a reference may mean.
type candidate struct {
	req      Request
	ref      Ref // of req.Ref
	names    Names
	replaces bool // the tag and the digest of what is found
	// refName and resultName are canonical.
	refName, resultName string
	resultTag           string
	resultDigest        string
	// prefix is what the tags of the image begin with in the one repository for
	// all, or empty.
	prefix string
}

// NewMatcher makes a Matcher without images.
func (n *Namer) NewMatcher() *Matcher {
	return &Matcher{namer: n, byRef: map[Ref]int{}, byName: map[string][]int{}}
}

// Add adds an image and returns its index. One of the same reference, tag and
// digest included, takes the place of the earlier one and has its index. The
// errors are those of [Namer.Names].
func (m *Matcher) Add(req Request) (int, error) {
	names, err := m.namer.Names(req)
	if err != nil {
		return 0, err
	}
	c := candidate{req: req, names: names}
	if c.ref, err = Parse(req.Ref); err != nil {
		return 0, err
	}
	result, err := Parse(names.Local)
	if err != nil {
		return 0, err
	}
	c.replaces = req.Tag != "" || req.Digest != "" || c.ref.Digest != ""
	c.refName, c.resultName, c.resultTag = m.namer.Canonical(c.ref), m.namer.Canonical(result), result.Tag
	c.resultDigest = result.Digest
	if m.inOne(c.resultName) && names.Rule != RuleAlreadyHere {
		c.prefix = result.Tag
		if names.Tag != "" {
			c.prefix = strings.TrimSuffix(result.Tag, "-"+names.Tag)
		}
	}
	index, again := m.byRef[c.ref]
	if again {
		m.forget(index)
		m.images[index] = c
	} else {
		index = len(m.images)
		m.images = append(m.images, c)
		m.byRef[c.ref] = index
	}
	m.byName[c.refName] = append(m.byName[c.refName], index)
	if c.resultName != c.refName {
		m.byName[c.resultName] = append(m.byName[c.resultName], index)
	}
	return index, nil
}

func (m *Matcher) forget(index int) {
	for _, name := range []string{m.images[index].refName, m.images[index].resultName} {
		kept := m.byName[name][:0]
		for _, i := range m.byName[name] {
			if i != index {
				kept = append(kept, i)
			}
		}
		m.byName[name] = kept
	}
}

// inOne reports whether a canonical name is the one repository for all.
func (m *Matcher) inOne(name string) bool {
	reg := m.namer.registry
	return reg != nil && reg.SingleName != "" && name == reg.Host+"/"+m.namer.aliases.unrepeated(reg.SingleName)
}

// Match returns the index of the image that a reference means, and whether there
// is one. An image that is meant by its tag is preferred to one that is meant
// whatever the tag. If several images are meant equally and would get different
// names, the error is an [*AmbiguousError].
func (m *Matcher) Match(found Ref) (index int, ok bool, err error) {
	best := noMatch
	for _, i := range m.byName[m.namer.Canonical(found)] {
		match := m.images[i].match(m, found)
		switch {
		case match == noMatch || match < best:
		case match > best:
			index, best = i, match
		default:
			if err := m.compare(index, i, found); err != nil {
				return 0, false, err
			}
		}
	}
	return index, best != noMatch, nil
}

// How well a reference matches an image.
const (
	noMatch = iota
	matchName
	matchTag
)

func (c *candidate) match(m *Matcher, found Ref) int {
	name := m.namer.Canonical(found)
	byResult := name == c.resultName
	if byResult && m.inOne(name) {
		return c.matchInOne(found.Tag)
	}
	switch {
	case c.ref.Tag != "" && c.ref.Tag == found.Tag,
		byResult && found.Tag == c.resultTag && (found.Tag != "" || found.Digest != "" && found.Digest == c.resultDigest):
		return matchTag
	case c.ref.Tag == "":
		return matchName
	}
	return noMatch
}

// matchInOne compares the tag found in the one repository for all.
func (c *candidate) matchInOne(tag string) int {
	switch {
	case tag == c.resultTag, c.refName == c.resultName && tag == c.ref.Tag,
		c.prefix != "" && c.ref.Tag != "" && tag == c.prefix+"-"+c.ref.Tag:
		return matchTag
	case c.prefix != "" && c.ref.Tag == "" && (tag == c.prefix || strings.HasPrefix(tag, c.prefix+"-")):
		return matchName
	}
	return noMatch
}

// compare fails if a reference that means both of two images would get different
// names by them.
func (m *Matcher) compare(i, j int, found Ref) error {
	first, err := m.Names(i, found)
	if err != nil {
		return err
	}
	second, err := m.Names(j, found)
	if err != nil {
		return err
	}
	if first.Local != second.Local || first.Cluster != second.Cluster {
		return &AmbiguousError{Found: found.String(), First: m.images[i].ref.String(), Second: m.images[j].ref.String()}
	}
	return nil
}

// Names returns the names that a reference gets which means the image of an
// index. The tag and the digest of the reference stay unless the image was added
// with others.
func (m *Matcher) Names(index int, found Ref) (Names, error) {
	c := &m.images[index]
	if c.replaces {
		return c.names, nil
	}
	if name := m.namer.Canonical(found); name == c.resultName && m.inOne(name) {
		return m.namer.Names(Request{Ref: found.short() + suffix(found.Tag, found.Digest)})
	}
	req := c.req
	req.Ref = c.ref.short() + suffix(found.Tag, found.Digest)
	return m.namer.Names(req)
}

// AmbiguousError is a reference that can mean either of two images.
type AmbiguousError struct {
	Found         string // the reference, in its familiar form
	First, Second string // the images, as they were added
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("image %q can be %q or %q, which get different names: write it as one of the two", e.Found, e.First, e.Second)
}
