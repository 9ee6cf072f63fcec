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
	known map[Request]*Names
}

// NewNamer makes a Namer for a registry, nil for none, and a naming, nil for
// [Flat]. The registry must be valid: the error is a [*ParseError].
func NewNamer(registry *Registry, naming Naming) (*Namer, error) {
	n := &Namer{naming: naming, known: map[Request]*Names{}}
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

// Names returns the names of an image. The error is a [*ParseError] for a string
// that is not valid, a [*NameError] for a name that cannot be used, or the error
// of a naming function.
func (n *Namer) Names(req Request) (Names, error) {
	n.mu.RLock()
	known, ok := n.known[req]
	n.mu.RUnlock()
	if ok {
		return *known, nil
	}

	// The copy keeps a string that the reference is cut from, a manifest maybe, from
	// staying in memory as long as the name.
	req.Ref = strings.Clone(req.Ref)
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
	full  string // the name in place of a path under each host, or empty
	tag   string // of the result
	names Names
}

func (n *Namer) derive(req Request, d *derivation) error {
	given, err := Parse(req.Ref)
	if err != nil {
		return err
	}
	if upperNamespace(given) && !n.aliases.hold(given.Domain) {
		return &ParseError{What: WhatReference, Text: req.Ref, Reason: domainlessReason(given)}
	}
	d.asked = given
	if req.Tag != "" || req.Digest != "" {
		if err := validateReplacement(req.Tag, req.Digest); err != nil {
			return err
		}
		d.asked.Tag, d.asked.Digest = req.Tag, req.Digest
	}
	d.tag = d.asked.Tag
	name := given.short()
	d.names = Names{
		Ref:    name + suffix(given.Tag, given.Digest),
		Name:   name,
		Tag:    d.asked.Tag,
		Digest: d.asked.Digest,
	}
	switch {
	case req.Named != "":
		err = n.chooseNamed(d, req.Named)
	case n.registry == nil:
		d.full, d.names.Rule = name, RuleUnchanged
	default:
		err = n.choosePath(d)
	}
	if err != nil {
		return err
	}
	return n.spell(d)
}

// chooseNamed puts the image where the request wants it.
func (n *Namer) chooseNamed(d *derivation, named string) error {
	placement, err := ParsePlacement(named)
	if err != nil {
		return err
	}
	d.names.Rule = RuleNamed
	if n.registry == nil {
		d.full = placement.Name
		if placement.Path != "" {
			ref, err := Parse(placement.Path)
			if err != nil {
				return err
			}
			d.full = ref.short()
		}
		return nil
	}
	return n.place(d, placement)
}

// choosePath sets the path under each host, the tag there, and the rule.
func (n *Namer) choosePath(d *derivation) error {
	single := n.registry.SingleName
	if single != "" {
		if host, ok := n.aliases.exactly(d.asked, single); ok {
			d.path, d.host, d.names.Rule = single, host, RuleAlreadyHere
			return nil
		}
	} else if rest, host, ok := n.aliases.rest(d.asked); ok {
		d.path, d.host, d.names.Rule = rest, host, RuleAlreadyHere
		return nil
	}
	d.names.Rule = n.naming.Rule()
	if single != "" && n.naming == Naming(Flat) {
		return n.place(d, Placement{Path: d.asked.base()})
	}
	placement, err := n.naming.Place(d.asked, n.room())
	if err != nil {
		return err
	}
	return n.place(d, placement)
}

// room is how many characters a path may have, or the start of a tag.
func (n *Namer) room() int {
	if n.registry.SingleName != "" {
		return maxTag
	}
	return maxName - n.aliases.longest() - len("/")
}

// checkStable checks that a full name chosen by the naming function is one that
// the function leaves alone, so that a name made again is the same name.
func (n *Namer) checkStable(d *derivation, name string, ref Ref) error {
	unstable := func(reason string) error {
		return &NameError{Image: d.names.Ref, Name: name, Rule: d.names.Rule, Reason: reason}
	}
	if name == d.asked.Name() {
		return unstable(`the naming returned the image's own name, which could be a path or a full name: return None to leave the image alone, or use naming="nested" to keep its name as a path`)
	}
	if _, _, ok := n.aliases.rest(ref); ok && n.registry.SingleName == "" {
		return nil
	}
	again, err := n.naming.Place(ref, n.room())
	if err != nil {
		return err
	}
	if again != (Placement{}) {
		return unstable(fmt.Sprintf("for that name the naming returns %q again: have it return None for a name that it made", again.Name+again.Path))
	}
	return nil
}

// place puts the image at its placement: under each host, in the tags of the one
// repository, or where its full name leads.
func (n *Namer) place(d *derivation, placement Placement) error {
	switch {
	case placement.Name != "":
		ref, err := Parse(placement.Name)
		if err != nil {
			return &NameError{Image: d.names.Ref, Name: placement.Name, Rule: d.names.Rule, Reason: err.(*ParseError).Reason}
		}
		if d.names.Rule != RuleNamed {
			if err := n.checkStable(d, placement.Name, ref); err != nil {
				return err
			}
		}
		if rest, _, ok := n.aliases.rest(ref); ok {
			d.path = rest
		} else {
			d.full = ref.Name()
		}
		return nil
	case placement.Path == "":
		d.full, d.names.Rule = d.names.Name, RuleLeftAlone
		return nil
	}
	if end, ok := scanPath(placement.Path); !ok || end < len(placement.Path) {
		reason := "a path has no tag and no digest"
		if !ok {
			reason = pathFault(placement.Path, placement.Path, end)
		}
		return &NameError{Image: d.names.Ref, Name: placement.Path, Rule: d.names.Rule, Reason: reason}
	}
	if n.registry.SingleName == "" {
		d.path = n.aliases.unrepeated(placement.Path)
		return nil
	}
	d.path = n.registry.SingleName
	d.tag = oneElement(placement.Path)
	if d.asked.Tag != "" {
		d.tag += "-" + d.asked.Tag
	}
	d.names.Rule = RuleSingleName
	return nil
}

// spell makes the names of what was chosen and checks the limits.
func (n *Namer) spell(d *derivation) error {
	if d.full != "" {
		all := d.full + suffix(d.tag, d.asked.Digest)
		d.names.Local, d.names.Cluster, d.names.Network = all, all, all
		if n.registry != nil && d.names.Rule != RuleLeftAlone {
			return n.checkLength(d, d.full)
		}
		return nil
	}
	rest := "/" + d.path + suffix(d.tag, d.asked.Digest)
	d.names.Local = n.registry.Host + rest
	d.names.Cluster = d.names.Local
	if n.registry.runtime() != n.registry.Host {
		d.names.Cluster = n.registry.runtime() + rest
	}
	if n.registry.Network != "" {
		d.names.Network = n.registry.Network + rest
	}
	if len(d.tag) > maxTag {
		return &NameError{Image: d.names.Ref, Name: d.names.Local, Rule: d.names.Rule,
			Reason: tooLong("the tag", len(d.tag), maxTag) + ": use a shorter name or tag"}
	}
	for _, alias := range n.aliases.hosts {
		if len(alias.host)+len("/")+len(d.path) > maxName {
			return n.checkLength(d, alias.host+"/"+d.path)
		}
	}
	return nil
}

// checkLength checks the length of a name without a tag and a digest.
func (n *Namer) checkLength(d *derivation, name string) error {
	if len(name) <= maxName {
		return nil
	}
	return &NameError{Image: d.names.Ref, Name: name, Rule: d.names.Rule,
		Reason: tooLong("it", len(name), maxName) + ": " + shorten(d.names.Rule)}
}

// shorten is what to do about a name that is too long by the rule.
func shorten(rule Rule) string {
	switch rule {
	case RuleNamed:
		return "use a shorter name"
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

// Explanation is how the names of an image came to be. It is data: whoever
// shows it chooses the words.
type Explanation struct {
	Names Names
	// Registry is the one that the names are in, with its source. Nil: none.
	Registry *Registry
	// Naming is the rule for images that live elsewhere.
	Naming Rule
	// Steps lead from the reference as written to the names, in order.
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

// StepKind is what a [Step] does.
type StepKind string

const (
	StepNormalise StepKind = "normalise" // the reference as written becomes the familiar form
	StepMatch     StepKind = "match"     // the reference means an image that was added to a [Matcher]
	StepReplace   StepKind = "replace"   // the tag and the digest are replaced
	StepRule      StepKind = "rule"      // the rule of the names makes the path, with its tag and digest
	StepLocal     StepKind = "local"     // the host goes before it
	StepCluster   StepKind = "cluster"   // the runtime's host goes before it
	StepNetwork   StepKind = "network"   // the pods' host goes before it
)

// Explain is [Namer.Names] with the steps. The errors are the same.
func (n *Namer) Explain(req Request) (Explanation, error) {
	var d derivation
	if err := n.derive(req, &d); err != nil {
		return Explanation{}, err
	}
	e := Explanation{Names: d.names, Naming: n.naming.Rule()}
	asked := d.names.Name + suffix(d.names.Tag, d.names.Digest)
	e.Steps = append(e.Steps, Step{Kind: StepNormalise, Before: req.Ref, After: d.names.Ref})
	if req.Tag != "" || req.Digest != "" {
		e.Steps = append(e.Steps, Step{Kind: StepReplace, Before: d.names.Ref, After: asked})
	}
	if n.registry != nil {
		reg := *n.registry
		e.Registry = &reg
	}
	if d.full != "" {
		e.Steps = append(e.Steps, Step{Kind: StepRule, Before: asked, After: d.names.Local})
		return e, nil
	}
	path := d.path + suffix(d.tag, d.names.Digest)
	e.Steps = append(e.Steps,
		Step{Kind: StepRule, Host: d.host, Before: asked, After: path},
		Step{Kind: StepLocal, Host: e.Registry.Host, Before: path, After: d.names.Local},
		Step{Kind: StepCluster, Host: e.Registry.runtime(), Before: path, After: d.names.Cluster})
	if e.Registry.Network != "" {
		e.Steps = append(e.Steps, Step{Kind: StepNetwork, Host: e.Registry.Network, Before: path, After: d.names.Network})
	}
	return e, nil
}
