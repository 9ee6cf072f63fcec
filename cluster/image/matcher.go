package image

import (
	"fmt"
	"slices"
	"strings"
)

// canonical returns the one name, without tag and digest, that all names of an
// image have in common as far as the registry decides: under any of its hosts
// it is the name to push, and elsewhere the full name. It calls no naming.
func (n *Namer) canonical(ref Ref) string {
	if n.registry != nil {
		if rest, _, ok := n.aliases.rest(ref); ok {
			return n.registry.Host + "/" + rest
		}
	}
	return ref.Name()
}

// Matcher finds which of some images a reference means, by whichever of its
// names it is written: the one it was added by, the one to push, the one to
// pull or the one of pods. It compares canonical names, never strings. It is not
// safe for concurrent use.
//
// The tag decides too. An image that was added with a tag is meant only by that
// tag, or by the one that it got.
//
// Some names can be an earlier one of an image or one of another image. If the
// registry has one repository for all, api-server-v1 is a tag of api or of
// api-server; only the names that an image gets now mean it for certain, and with
// [Hashed] its earlier ones. If api:v1 gets another tag, a third tag of its name
// in the registry is an earlier one or that of another tag of api. Such a name is
// an [*AmbiguousError], unless the result is the same.
type Matcher struct {
	namer  *Namer
	images []candidate
	byRef  map[Ref]int
	byName map[string][]int // the canonical names
}

// candidate is an image that a reference may mean.
type candidate struct {
	req      Request
	ref      Ref  // of req.Ref
	replaces bool // the tag and the digest of what is found
	// refName and resultName are canonical.
	refName, resultName string
	resultTag           string
	resultDigest        string
	// prefix is what the tags of the image begin with in the one repository for
	// all, or empty. unique is whether no other image has it.
	prefix string
	unique bool
}

// NewMatcher makes a Matcher without images.
func (n *Namer) NewMatcher() *Matcher {
	return &Matcher{namer: n, byRef: map[Ref]int{}, byName: map[string][]int{}}
}

// Add adds an image and returns its index. One of the same reference, tag and
// digest included, takes the place of the earlier one and has its index. The
// errors are those of [Namer.Names].
func (m *Matcher) Add(req Request) (int, error) {
	ref, err := Parse(req.Ref)
	if err != nil {
		return 0, err
	}
	names, err := m.namer.Names(req)
	if err != nil {
		return 0, err
	}
	c, result := candidate{req: req, ref: ref}, parseMade(names.Local)
	c.replaces = req.Tag != "" || req.Digest != "" || c.ref.Digest != ""
	c.refName, c.resultName, c.resultTag = m.namer.canonical(c.ref), m.namer.canonical(result), result.Tag
	c.resultDigest = result.Digest
	if m.inOne(c.resultName) && names.Rule != RuleAlreadyHere {
		c.prefix = result.Tag
		if names.Tag != "" {
			c.prefix = strings.TrimSuffix(result.Tag, "-"+names.Tag)
		}
		c.unique = req.Named == "" && m.namer.naming == Naming(Hashed)
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
// names, or an image can be meant or none, the error is an [*AmbiguousError]. It
// calls no naming for the reference.
func (m *Matcher) Match(found Ref) (index int, ok bool, err error) {
	return m.match(found, m.byName[m.namer.canonical(found)])
}

// MatchNamed is [Matcher.Match] for references that are all named: one that gets
// the name that an image was added by means that image. As is then that name.
func (m *Matcher) MatchNamed(found Ref) (index int, as Ref, ok bool, err error) {
	if len(m.images) == 0 {
		return 0, found, false, nil
	}
	if index, ok, err = m.Match(found); ok || err != nil {
		return index, found, ok, err
	}
	names, err := m.namer.Names(found.request())
	if err != nil {
		return 0, found, false, err
	}
	as = parseMade(names.Local)
	var kept []int
	for _, i := range m.byName[m.namer.canonical(as)] {
		if c := &m.images[i]; c.refName == c.resultName {
			kept = append(kept, i)
		}
	}
	index, ok, err = m.match(as, kept)
	return index, as, ok, err
}

// match is Match among the images of some indices.
func (m *Matcher) match(found Ref, indices []int) (index int, ok bool, err error) {
	best, matches := noMatch, []int(nil)
	for _, i := range indices {
		switch match := m.images[i].match(m, found); {
		case match == noMatch || match < best:
		case match > best:
			best, matches = match, []int{i}
		default:
			matches = append(matches, i)
		}
	}
	if best == noMatch {
		return 0, false, nil
	}
	first := matches[0]
	for _, i := range matches[1:] {
		if err := m.compare(found, first, m.request(i, found), m.images[i].ref.String()); err != nil {
			return 0, false, err
		}
	}
	if best == mayMatch {
		if err := m.compare(found, first, found.request(), ""); err != nil {
			return 0, false, err
		}
	}
	return first, true, nil
}

// How well a reference matches an image.
const (
	noMatch = iota
	mayMatch
	matchName
	matchTag
)

func (c *candidate) match(m *Matcher, found Ref) int {
	name := m.namer.canonical(found)
	byResult := name == c.resultName
	if byResult && m.inOne(name) {
		return c.matchInOne(found)
	}
	switch {
	case c.ref.Tag != "" && c.ref.Tag == found.Tag,
		byResult && found.Tag == c.resultTag && (found.Tag != "" || found.Digest != "" && found.Digest == c.resultDigest):
		return matchTag
	case c.ref.Tag == "":
		return matchName
	case byResult && c.replaces && c.refName != c.resultName:
		return mayMatch // an earlier tag, or the name of another tag
	}
	return noMatch
}

// matchInOne compares what is found in the one repository for all.
func (c *candidate) matchInOne(found Ref) int {
	addedThere := c.refName == c.resultName
	switch {
	case found.Tag == c.resultTag && found.Digest == c.resultDigest,
		addedThere && found.Tag == c.ref.Tag && found.Digest == c.ref.Digest:
		return matchTag
	case addedThere && (c.ref.Tag == "" || found.Tag == c.ref.Tag):
		return mayMatch
	case found.Tag == c.resultTag, c.ref.Tag != "" && found.Tag == c.prefix+"-"+c.ref.Tag:
		return c.matchPrefix(matchTag)
	case c.prefix == "" || found.Tag != c.prefix && !strings.HasPrefix(found.Tag, c.prefix+"-"):
		return noMatch
	case c.ref.Tag == "":
		return c.matchPrefix(matchName)
	case c.replaces:
		return mayMatch
	}
	return noMatch
}

// matchPrefix is how well a tag matches that begins as those of the image do: at
// most as well as the prefix.
func (c *candidate) matchPrefix(match int) int {
	if c.unique {
		return match
	}
	return mayMatch
}

// compare fails if a reference that may mean an image would get another name if
// it meant what other asks for: the image second, or one that was not added.
func (m *Matcher) compare(found Ref, index int, other Request, second string) error {
	matched, err := m.Names(index, found)
	if err != nil {
		return err
	}
	otherwise, err := m.namer.Names(other)
	if err != nil {
		return err
	}
	if matched.Local != otherwise.Local {
		return &AmbiguousError{Found: found.String(), First: m.images[index].ref.String(), Second: second}
	}
	return nil
}

// Names returns the names that a reference gets which means the image of an
// index. The tag and the digest of the reference stay unless the image was added
// with others.
func (m *Matcher) Names(index int, found Ref) (Names, error) {
	return m.namer.Names(m.request(index, found))
}

// Explain returns the names that a reference gets, as it is written, and the steps:
// those of the image that it means, or its own.
func (m *Matcher) Explain(text string) (Explanation, error) {
	found, err := Parse(text)
	if err != nil {
		return Explanation{}, err
	}
	index, as, ok, err := m.MatchNamed(found)
	if err != nil {
		return Explanation{}, err
	}
	if !ok {
		return m.namer.Explain(Request{Ref: text})
	}
	e, err := m.namer.Explain(m.request(index, as))
	if err != nil {
		return Explanation{}, err
	}
	written := found.request().Ref
	e.Steps[0] = Step{Kind: StepNormalise, Before: text, After: written}
	if written != e.Names.Ref {
		e.Steps = slices.Insert(e.Steps, 1, Step{Kind: StepMatch, Before: written, After: e.Names.Ref})
	}
	return e, nil
}

// request is what to name for a reference that means the image of an index.
func (m *Matcher) request(index int, found Ref) Request {
	c, name := &m.images[index], m.namer.canonical(found)
	if c.replaces || name == c.refName && found.Tag == c.ref.Tag && found.Digest == c.ref.Digest {
		return c.req
	}
	if name == c.resultName && m.inOne(name) {
		// Where the tag asked for begins in that of a result cannot be known.
		return found.request()
	}
	req := c.req
	req.Ref = c.ref.short() + suffix(found.Tag, found.Digest)
	return req
}

// AmbiguousError is a reference that can mean either of two images.
type AmbiguousError struct {
	Found string // the reference, in its familiar form
	// First and Second are the images, as they were added. If Second is empty, it
	// is an image that was not added.
	First, Second string
}

func (e *AmbiguousError) Error() string {
	if e.Second == "" {
		return fmt.Sprintf("image %[1]q can be an earlier name of %[2]q or the name of another image: write %[2]q if it is meant, or declare %[1]q to keep it", e.Found, e.First)
	}
	return fmt.Sprintf("image %q can be %q or %q, which get different names: write it as one of the two", e.Found, e.First, e.Second)
}
