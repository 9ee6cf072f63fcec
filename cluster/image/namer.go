package image

import (
	"fmt"
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

// Rule is the rule that made a name.
type Rule string

const (
	RuleUnchanged   Rule = "unchanged"    // there is no registry
	RuleSingleName  Rule = "single-name"  // the registry has one repository
	RuleAlreadyHere Rule = "already-here" // the image is in the registry
	RuleFlat        Rule = "flat"         // by Flat
	RuleNested      Rule = "nested"       // by Nested
	RuleHashed      Rule = "hashed"       // by Hashed
	RuleCustom      Rule = "custom"       // by a Func
)

// Names are the names of one image on one cluster.
type Names struct {
	// Ref is the reference as it was given, in its familiar form.
	Ref string
	// Name, Tag and Digest are the image asked for: the familiar name of Ref,
	// and its tag and digest or those that replace them.
	Name, Tag, Digest string
	// Local is the name to push, as seen from this machine.
	Local string
	// Cluster is the name to pull, as seen from the container runtime.
	Cluster string
	// Network is the name as seen from pods. Empty: they have none.
	Network string
	// Rule is the rule that made them.
	Rule Rule
}

// maxName is the limit on host, slash and path that many clients have, by the
// OCI distribution specification, "Pulling manifests".
const maxName = 255

// NameError says why the name that an image gets cannot be used.
type NameError struct {
	Image  string // the reference as given, in its familiar form
	Name   string // the name that a limit or a rule forbids
	Rule   Rule   // that made it
	Reason string // what is wrong with it and what to do
}

func (e *NameError) Error() string {
	return fmt.Sprintf("image %q becomes %q by the rule %q: %s", e.Image, e.Name, string(e.Rule), e.Reason)
}

// Explanation says how the names of an image came to be. It is data: whoever
// shows it chooses the words.
type Explanation struct {
	Names Names
	// Registry is the one that the names are in, with its source. Nil: none.
	Registry *Registry
	// Naming is the rule for images that live elsewhere.
	Naming Rule
	// Steps lead from the text given to the names, in order.
	Steps []Step
}

// Step is one step of an [Explanation].
type Step struct {
	Kind StepKind
	// Host is the one recognised, by the rule [RuleAlreadyHere], or the one
	// put before the path. Empty for the other steps.
	Host          string
	Before, After string
}

// StepKind says what a [Step] does.
type StepKind string

const (
	StepNormalise StepKind = "normalise" // the text given becomes the familiar form
	StepReplace   StepKind = "replace"   // the tag and the digest are replaced
	StepRule      StepKind = "rule"      // the rule of the names makes the path, with its tag and digest
	StepLocal     StepKind = "local"     // the host goes before it
	StepCluster   StepKind = "cluster"   // the runtime's host goes before it
	StepNetwork   StepKind = "network"   // the pods' host goes before it
)

// Explain is [Namer.Names] with the steps. The errors are the same.
func (n *Namer) Explain(ref, tag, digest string) (Explanation, error) {
	var d derivation
	if err := n.derive(request{ref, tag, digest}, &d); err != nil {
		return Explanation{}, err
	}
	e := Explanation{Names: d.names, Naming: n.naming.Rule()}
	asked := d.names.Name + suffix(d.names.Tag, d.names.Digest)
	e.Steps = append(e.Steps, Step{Kind: StepNormalise, Before: ref, After: d.names.Ref})
	if tag != "" || digest != "" {
		e.Steps = append(e.Steps, Step{Kind: StepReplace, Before: d.names.Ref, After: asked})
	}
	if n.registry == nil {
		e.Steps = append(e.Steps, Step{Kind: StepRule, Before: asked, After: asked})
		return e, nil
	}
	reg := *n.registry
	e.Registry = &reg
	path := d.path + suffix(d.tag, d.names.Digest)
	e.Steps = append(e.Steps,
		Step{Kind: StepRule, Host: d.host, Before: asked, After: path},
		Step{Kind: StepLocal, Host: reg.Host, Before: path, After: d.names.Local},
		Step{Kind: StepCluster, Host: reg.runtime(), Before: path, After: d.names.Cluster})
	if reg.Network != "" {
		e.Steps = append(e.Steps, Step{Kind: StepNetwork, Host: reg.Network, Before: path, After: d.names.Network})
	}
	return e, nil
}
