package manifest

// Replace says what an image becomes. matched is false for an image that is not
// the caller's to change. text may be what was found: then nothing changes, but
// a pull policy is still set. An error ends the scan; it is wrapped in an *Error
// that adds the place.
//
// It is asked once for each distinct text (and once more for a text that stands
// in env values or arguments too), with the first place where that was found.
type Replace func(found *Image) (text string, matched bool, err error)

// Options say what counts as an image and what to put in its place.
type Options struct {
	// File names the input in positions. It is not opened.
	File string
	// Env also finds images in env values and arguments.
	Env bool
	// Locators add fields of custom resources. Nil: none.
	Locators *Locators
	// Replace says what an image becomes. Nil: nothing is changed.
	Replace Replace
	// PullPolicy is set on the containers whose image matched. Empty: PullKeep.
	PullPolicy PullPolicy

	// OnImage is called for every image found, in the order of the input, with
	// what it becomes: found.Text where it is left alone. The image is valid
	// during the call. Nil costs nothing, anything else costs time.
	OnImage func(found *Image, text string, matched bool)
	// OnObject is called for every object: each document, and each item of a
	// List in place of the List. Its error ends the scan.
	OnObject func(Object) error
	// Index takes every object that has a kind and a name, and OnDuplicate is
	// called for one that it has already, with the first place. The error of
	// OnDuplicate ends the scan. One index may serve many scans.
	Index       *Index
	OnDuplicate func(again Object, first Position) error
}
