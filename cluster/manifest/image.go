package manifest

// Source says by which rule an image was found.
type Source uint8

const (
	// FromContainer is the image of a container, wherever it stands.
	FromContainer Source = iota
	// FromVolume is the reference of an image volume.
	FromVolume
	// FromKnown is a field of a well-known kind.
	FromKnown
	// FromLocator is a field that a Locator names.
	FromLocator
	// FromEnv is an env value or an argument that is wholly an image name.
	FromEnv
	// FromCompose is the image of a compose service.
	FromCompose
)

var sourceNames = [...]string{"container", "volume", "known", "locator", "env", "compose"}

func (s Source) String() string { return sourceNames[s] }

// Image is one image text found.
type Image struct {
	// Text is the image as the YAML means it: unquoted, unescaped. Where
	// repository and tag stand in two fields, it is both, joined by a colon.
	Text string
	// Start and End bound the bytes of the scalar, quotes included, from the
	// start of the input. With two fields they bound the repository's.
	Start, End int64
	// Position is where the scalar starts.
	Position
	// Path leads from the object to the scalar, as spec.containers[0].image.
	Path   string
	Source Source
	// Object is the object that holds the image. Its fields are empty where
	// the document has none, as in a compose file.
	Object Object
}
