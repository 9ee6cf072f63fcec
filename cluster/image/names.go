package image

import "fmt"

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
