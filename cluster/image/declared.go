package image

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/diag"
)

// Declared is images declared, or found in manifests, on one cluster or on several
// that this machine pushes for. It finds two different ones that would be pushed to
// one name. The zero value is ready; it is not safe for concurrent use.
//
// Two images are different if their names are, tags and digests left out. One
// name is one repository, or one tag of it if the registry has a single one. An
// image given by the name that it keeps, such as one that is in the registry
// already, is the same image as the one that gets that name, so that a name can be
// made again.
type Declared struct {
	byName map[string]Declaration
}

// Declaration is one image declared.
type Declaration struct {
	// Image is the name as given, in its familiar form.
	Image string
	// Position is where it was declared or found. An image that no file has, such as
	// an argument, has a File that describes it and no Line.
	Position diag.Position

	// alias is whether Image is the name that it keeps.
	alias bool
}

// Add declares the image that has these names, at a position. The error is a
// [*CollisionError].
func (d *Declared) Add(names Names, at diag.Position) error {
	added := Declaration{Image: names.Name, Position: at}
	switch names.Rule {
	case RuleAlreadyHere, RuleUnchanged, RuleLeftAlone:
		added.alias = true
	}
	name := collisionName(names)
	host, path, _ := strings.Cut(name, "/")
	// Two spellings of a host are one registry.
	key := strings.TrimSuffix(strings.ToLower(host), ":443") + "/" + path
	first, ok := d.byName[key]
	switch {
	case ok && (added.alias || first.Image == added.Image):
		return nil
	case ok && !first.alias:
		return &CollisionError{Name: name, Rule: names.Rule, First: first, Second: added}
	}
	if d.byName == nil {
		d.byName = map[string]Declaration{}
	}
	d.byName[key] = added
	return nil
}

// collisionName is the part of the local name that one image must have for
// itself.
func collisionName(names Names) string {
	name, _, _ := strings.Cut(names.Local, "@")
	if names.Rule == RuleSingleName {
		return name
	}
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		return name[:colon]
	}
	return name
}

// CollisionError is two different images that end at one name.
type CollisionError struct {
	Name          string
	Rule          Rule // that made the second one
	First, Second Declaration
}

func (e *CollisionError) Error() string {
	remedy := "rename one of them"
	switch e.Rule {
	case RuleSingleName:
		remedy += ` or give it another tag, or use the naming "nested" or "hashed"`
	case RuleFlat:
		remedy += ` or use the naming "nested" or "hashed"`
	}
	return fmt.Sprintf("images %q (%s) and %q (%s) both become %q: %s",
		e.First.Image, e.First.Position, e.Second.Image, e.Second.Position, e.Name, remedy)
}
