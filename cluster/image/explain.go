package image

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
