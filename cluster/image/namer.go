package image

import (
	"strings"
	"sync"
)

// maxKnown bounds the names a Namer remembers.
const maxKnown = 8192

// Namer makes the names of images for one cluster. It is safe for concurrent
// use. It remembers the names it made, so that a repeated one costs a look-up.
type Namer struct {
	registry *Registry // nil: none
	naming   Naming
	aliases  aliases

	mu    sync.RWMutex
	known map[request]*Names
}

// request is what a name is asked for with.
type request struct{ ref, tag, digest string }

// NewNamer makes a Namer for a registry, nil for none, and a naming, nil for
// [Flat]. The registry must be valid: the error is a [*ParseError].
func NewNamer(registry *Registry, naming Naming) (*Namer, error) {
	n := &Namer{naming: naming, known: map[request]*Names{}}
	if naming == nil {
		n.naming = Flat
	}
	if registry != nil {
		if err := registry.validate(); err != nil {
			return nil, err
		}
		reg := *registry
		n.registry = &reg
		n.aliases = newAliases(n.registry)
	}
	return n, nil
}

// Names gives the names of the image ref. A tag or digest replaces both the
// tag and the digest of ref. The error is a [*ParseError] for a text that is
// not valid, a [*NameError] for a name that cannot be used, or what a naming
// function failed with.
func (n *Namer) Names(ref, tag, digest string) (Names, error) {
	req := request{ref, tag, digest}
	n.mu.RLock()
	known, ok := n.known[req]
	n.mu.RUnlock()
	if ok {
		return *known, nil
	}

	// The copy keeps a text that ref is cut from, a manifest maybe, from
	// staying in memory as long as the name.
	req.ref = strings.Clone(ref)
	var d derivation
	if err := n.derive(req, &d); err != nil {
		return Names{}, err
	}
	n.mu.Lock()
	if len(n.known) < maxKnown {
		names := d.names
		n.known[req] = &names
	}
	n.mu.Unlock()
	return d.names, nil
}

// derivation is the making of a name, step by step.
type derivation struct {
	asked Ref    // the image, with the tag and the digest asked for
	host  string // that the image was found under, by RuleAlreadyHere
	path  string // under each host
	tag   string // of the result
	names Names
}

func (n *Namer) derive(req request, d *derivation) error {
	given, err := Parse(req.ref)
	if err != nil {
		return err
	}
	d.asked = given
	if req.tag != "" || req.digest != "" {
		if err := validateReplacement(req.tag, req.digest); err != nil {
			return err
		}
		d.asked.Tag, d.asked.Digest = req.tag, req.digest
	}
	d.tag = d.asked.Tag
	name := given.short()
	d.names = Names{
		Ref:    name + suffix(given.Tag, given.Digest),
		Name:   name,
		Tag:    d.asked.Tag,
		Digest: d.asked.Digest,
	}
	if n.registry == nil {
		all := name + suffix(d.asked.Tag, d.asked.Digest)
		d.names.Local, d.names.Cluster, d.names.Network = all, all, all
		d.names.Rule = RuleUnchanged
		return nil
	}
	if err := n.choosePath(d); err != nil {
		return err
	}
	return n.spell(d)
}

// choosePath sets the path under each host, the tag there, and the rule.
func (n *Namer) choosePath(d *derivation) error {
	if single := n.registry.SingleName; single != "" {
		n.chooseSingle(d, single)
		return nil
	}
	if rest, host, ok := n.aliases.rest(d.asked); ok {
		d.path, d.host, d.names.Rule = rest, host, RuleAlreadyHere
		return nil
	}
	path, err := n.naming.Path(d.asked, maxName-n.aliases.longest()-len("/"))
	if err != nil {
		return err
	}
	d.names.Rule = n.naming.Rule()
	end, ok := scanPath(path)
	if !ok || end < len(path) {
		reason := "a path has no tag and no digest"
		if !ok {
			reason = pathFault(path, end)
		}
		return &NameError{Image: d.names.Ref, Name: path, Rule: d.names.Rule, Reason: reason}
	}
	d.path = n.aliases.unrepeated(path)
	return nil
}

// chooseSingle is choosePath for a registry with one repository.
func (n *Namer) chooseSingle(d *derivation, single string) {
	d.path = single
	if host, ok := n.aliases.exactly(d.asked, single); ok {
		d.host, d.names.Rule = host, RuleAlreadyHere
		return
	}
	d.names.Rule = RuleSingleName
	d.tag = d.asked.base()
	if d.asked.Tag != "" {
		d.tag += "-" + d.asked.Tag
	}
}

// spell puts the path under each host and checks the limits.
func (n *Namer) spell(d *derivation) error {
	rest := "/" + d.path + suffix(d.tag, d.asked.Digest)
	d.names.Local = n.registry.Host + rest
	d.names.Cluster = n.registry.runtime() + rest
	if n.registry.Network != "" {
		d.names.Network = n.registry.Network + rest
	}
	if len(d.tag) > maxTag {
		return &NameError{Image: d.names.Ref, Name: d.names.Local, Rule: d.names.Rule,
			Reason: tooLong("the tag", len(d.tag), maxTag) + ": use a shorter name or tag"}
	}
	for _, alias := range n.aliases.hosts {
		if length := len(alias.host) + len("/") + len(d.path); length > maxName {
			return &NameError{Image: d.names.Ref, Name: alias.host + "/" + d.path, Rule: d.names.Rule,
				Reason: tooLong("it", length, maxName) + ": " + shorten(d.names.Rule)}
		}
	}
	return nil
}

// shorten says what to do about a name that is too long by the rule.
func shorten(rule Rule) string {
	switch rule {
	case RuleFlat, RuleNested, RuleCustom:
		return `use a shorter registry host or the naming "hashed"`
	}
	return "use a shorter registry host"
}

func validateReplacement(tag, digest string) error {
	if tag != "" {
		if fault := tagFault(tag); fault != "" {
			return &ParseError{What: WhatTag, Text: tag, Reason: fault}
		}
	}
	if digest != "" {
		if fault := digestFault(digest); fault != "" {
			return &ParseError{What: WhatDigest, Text: digest, Reason: fault}
		}
	}
	return nil
}
