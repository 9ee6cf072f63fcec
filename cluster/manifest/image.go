package manifest

import (
	"github.com/sextant-dev/sextant/cluster/manifest/internal/locate"
	"github.com/sextant-dev/sextant/diag"
)

// Source is the rule by which an image was found.
type Source uint8

const (
	// FromContainer is the image of a container, wherever it is.
	FromContainer = Source(locate.FromContainer)
	// FromVolume is the reference of an image volume.
	FromVolume = Source(locate.FromVolume)
	// FromKnown is a field of a well-known kind.
	FromKnown = Source(locate.FromKnown)
	// FromLocator is a field that a Locator names, also if another rule finds it.
	FromLocator = Source(locate.FromLocator)
	// FromEnv is an env value or an argument that is an image name.
	FromEnv = Source(locate.FromEnv)
	// FromCompose is the image of a compose service.
	FromCompose = Source(locate.FromCompose)
	// FromNone is of what only looks like an image; see Options.OnUncovered.
	FromNone = Source(locate.FromNone)
)

var sourceNames = [...]string{"container", "volume", "known", "locator", "env", "compose", "none"}

func (s Source) String() string { return sourceNames[s] }

// Image is one image found.
type Image struct {
	// Text is the image as the YAML means it: unquoted, unescaped. If repository and
	// tag are two fields, it is both, joined by a colon. What precedes the image in
	// its string, as docker://, is not part of it.
	Text string
	// Start and End bound the bytes of the scalar, quotes included, from the
	// start of the input. With two fields they bound the repository's.
	Start, End int64
	// Position is where the scalar starts.
	diag.Position
	// Path leads from the object to the scalar, as spec.containers[0].image.
	Path   string
	Source Source
	// Object is the object that holds the image. Its fields are empty if the
	// document has none, as in a compose file.
	Object Object
}

// Object is what names an API object, and where it starts. Name is empty for an
// object that the server names (generateName), Namespace for one without any.
type Object struct {
	APIVersion, Kind, Namespace, Name string
	diag.Position
}

// image makes the Image of a match.
func (s *scan) image(m *locate.Match, text string) Image {
	t := s.tree
	d := &t.Nodes[m.Node]
	top, object := int32(0), Object{}
	if o := s.search.Owner(m.Node); o != nil {
		top, object = o.Node, s.object(o)
	}
	return Image{
		Text: text, Start: s.stream.base + int64(d.Start), End: s.stream.base + int64(d.End),
		Position: s.position(int(d.Start)), Path: t.Path(top, m.Node), Source: Source(m.Source), Object: object,
	}
}

func (s *scan) object(o *locate.Object) Object {
	t := s.tree
	return Object{
		APIVersion: t.Text(o.APIVersion), Kind: o.KindName(t),
		Namespace: string(t.AppendText(nil, o.Namespace)), Name: string(t.AppendText(nil, o.Name)),
		Position: s.position(int(t.Nodes[o.Node].Start)),
	}
}
