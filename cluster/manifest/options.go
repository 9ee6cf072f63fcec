package manifest

import (
	"fmt"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/diag"
)

// Options select what counts as an image and what to put in its place.
type Options struct {
	// File names the input in positions. It is not opened.
	File string
	// Env also finds images in env values and arguments.
	Env bool
	// Locators add fields of custom resources. Nil: none.
	Locators *Locators
	// StrictLocators makes it an error, not a warning, if a field of Locators holds
	// something that is no image name. A null is fine.
	StrictLocators bool
	// Replace returns what an image becomes. Nil: nothing is changed.
	Replace Replace
	// PullPolicy is set beside the images that matched. Empty: PullKeep.
	PullPolicy PullPolicy

	// DuplicateKeys accepts a mapping with a key that appears twice, as readers do that
	// take the last value: the others stay as they are.
	DuplicateKeys bool
	// Namespace, if not empty, is written into every object that has none. Whether a
	// kind has namespaces is not known: every object gets it.
	Namespace string

	// OnImage is called for every image found, in the order of the input, with
	// what it becomes: found.Text if it is left alone. The image is valid during
	// the call. Nil costs nothing, anything else costs time.
	OnImage func(found *Image, text string, matched bool)
	// OnUncovered is called for every string of an object that looks like an image
	// and that no rule covers, after the images of its document. Nil costs nothing.
	OnUncovered func(found *Image)
	// OnObject is called for every object: each document, and each item of a
	// List in place of the List. Its error ends the scan.
	OnObject func(Object) error
	// Index takes every object that has a kind and a name, and OnDuplicate is
	// called for one that it has already, with the first place. The error of
	// OnDuplicate ends the scan. One index may serve many scans.
	Index       *Index
	OnDuplicate func(again Object, first diag.Position) error
}

// Replace returns what an image becomes. matched is false for an image that is not
// the caller's to change. text may be what was found: then nothing changes, but
// a pull policy is still set. An error ends the scan, and so does an empty text of
// an image that matched; it is wrapped in an *Error that adds the place.
//
// It is called once for each distinct string (and once more for one that is in env
// values or arguments too), with the first position of it.
type Replace func(found *Image) (text string, matched bool, err error)

// PullPolicy is what becomes of the pull policy beside an image that matched.
type PullPolicy string

// The policies. All but PullKeep replace the policy found, or add the field.
const (
	PullKeep         PullPolicy = "keep"
	PullIfNotPresent PullPolicy = "IfNotPresent"
	PullNever        PullPolicy = "Never"
	PullAlways       PullPolicy = "Always"
)

// ParsePullPolicy reads a policy as a user writes it. Empty is PullKeep.
func ParsePullPolicy(s string) (PullPolicy, error) {
	switch p := PullPolicy(s); p {
	case "":
		return PullKeep, nil
	case PullKeep, PullIfNotPresent, PullNever, PullAlways:
		return p, nil
	}
	return "", fmt.Errorf("pull policy %q is unknown: use keep, IfNotPresent, Never or Always", s)
}

// Locator adds places where objects of some kind hold images.
type Locator struct {
	// Kind, APIVersion, Name and Namespace choose objects: regular expressions
	// that ignore case and may match a part, as in Tiltfiles. Empty: any.
	Kind, APIVersion, Name, Namespace string
	// Paths lead to strings that are images, in client-go's JSONPath syntax. The
	// braces may be left out: {.spec.image}, .spec.image. An object without such a
	// field is left alone. A path without ".." also leads into a ConfigMap, a Secret
	// or a CustomResourceDefinition.
	Paths []string
	// Object, if set, names images in two fields.
	Object *ImageObject
}

// digestField is the field that charts and operators take before the tag beside it.
const digestField = "digest"

// ImageObject is an image whose repository and tag are two fields. If the tag field
// is missing and the image has a tag, it is added. If there is a digest beside it, a
// tag that would change is an error.
type ImageObject struct {
	Path      string // JSONPath to the mapping that holds both
	RepoField string
	TagField  string
}

// Locators are checked Locators, safe for concurrent use.
type Locators struct{ rules *locate.Rules }

// NewLocators checks every pattern and path. The error names the first that is
// wrong.
func NewLocators(specs ...Locator) (*Locators, error) {
	rules := make([]locate.Rule, len(specs))
	for i, l := range specs {
		rules[i] = locate.Rule{Kind: l.Kind, APIVersion: l.APIVersion, Name: l.Name, Namespace: l.Namespace, Paths: l.Paths}
		if o := l.Object; o != nil {
			rules[i].Splits = []locate.Split{{Path: o.Path, RepoField: o.RepoField, TagField: o.TagField}}
			if o.TagField != digestField {
				rules[i].Stronger = []string{digestField}
			}
		}
	}
	compiled, err := locate.Compile(rules...)
	if err != nil {
		return nil, err
	}
	return &Locators{compiled}, nil
}
