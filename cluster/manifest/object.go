package manifest

// Object is what names an API object, and where it starts. Name is empty for an
// object that the server names (generateName).
type Object struct {
	APIVersion, Kind, Namespace, Name string
	Position
}
