package locate

// Source is the rule that found an image.
type Source uint8

// The sources, as package manifest documents them.
const (
	FromContainer Source = iota
	FromVolume
	FromKnown
	FromLocator
	FromEnv
	FromCompose
	FromNone
)
