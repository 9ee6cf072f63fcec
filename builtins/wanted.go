package builtins

import (
	"fmt"
	"maps"
	"slices"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// wanted is an image that manifests are searched for.
type wanted struct {
	req   image.Request
	ref   image.Ref // of req.Ref
	place diag.Position
	used  bool
	// notInEnv leaves env values and arguments alone.
	notInEnv bool
}

// newWanted makes a wanted image of one that was named.
func newWanted(req image.Request, place diag.Position) *wanted {
	ref, err := image.Parse(req.Ref)
	if err != nil {
		panic(err) // it was named, so it parsed
	}
	return &wanted{req: req, ref: ref, place: place}
}

// wantedImages are the images to look for in the manifests of one cluster.
type wantedImages struct {
	all      []*wanted
	matchers wantedMatchers // of all
	// received is set once the cluster has received manifests; others are the names of
	// the images found there that are not wanted.
	received bool
	others   map[string]bool
}

// add adds an image, in place of an earlier one of the same reference.
func (s *wantedImages) add(w *wanted) {
	s.matchers = wantedMatchers{}
	for i, other := range s.all {
		if other.ref == w.ref {
			w.used = other.used
			s.all[i] = w
			return
		}
	}
	s.all = append(s.all, w)
}

// of returns the wanted image of an element of images=, at a place of the script: an
// Image, or a name that takes tag and digest from a declared image of that name.
func (s *wantedImages) of(v sl.Value, at diag.Position) (*wanted, error) {
	if i, ok := v.(*imageValue); ok {
		for _, own := range s.all {
			if own.req == i.req {
				return own, nil
			}
		}
		return newWanted(i.req, at), nil
	}
	text, _ := sl.AsString(v)
	ref, err := image.Parse(text)
	if err != nil {
		return nil, err
	}
	for _, w := range s.all {
		if w.ref == ref {
			return w, nil
		}
	}
	w := newWanted(image.Request{Ref: text}, at)
	s.add(w)
	return w, nil
}

// undeclared notes an image found that is not wanted. It returns the name of a wanted
// one that is probably meant, "" if there is none or the name is known already.
func (s *wantedImages) undeclared(name string) (suggestion string) {
	if s.others[name] {
		return ""
	}
	if s.others == nil {
		s.others = map[string]bool{}
	}
	s.others[name] = true
	names := make([]string, len(s.all))
	for i, w := range s.all {
		names[i] = w.ref.Familiar()
	}
	if suggestion = suggest.Name(name, names); suggestion == name {
		return ""
	}
	return suggestion
}

// unused describes each image that no manifest uses, if the cluster has received any.
func (s *wantedImages) unused() []Warning {
	if !s.received {
		return nil
	}
	var all []Warning
	found := slices.Sorted(maps.Keys(s.others))
	for _, w := range s.all {
		if w.used {
			continue
		}
		text := fmt.Sprintf("image %q", w.ref)
		if nearest := suggest.Names(w.ref.Familiar(), found, 1); len(nearest) > 0 {
			text += fmt.Sprintf("; the nearest image found is %q", nearest[0])
		}
		all = append(all, Warning{Position: w.place, Text: text})
	}
	return all
}

// wantedMatcher finds which wanted image one of a manifest is, by whichever of its
// names it is written.
type wantedMatcher struct {
	*image.Matcher
	images []*wanted // by the index that the Matcher has for each
}

// wantedMatchers are the matchers of one list of images; nil if one is to be made.
type wantedMatchers struct{ all, inEnv *wantedMatcher }

func newWantedMatcher(namer *image.Namer, images []*wanted) (*wantedMatcher, error) {
	m := &wantedMatcher{Matcher: namer.NewMatcher()}
	for _, w := range images {
		index, err := m.Add(w.req)
		if err != nil {
			return nil, err
		}
		if index == len(m.images) {
			m.images = append(m.images, w)
		} else {
			m.images[index] = w
		}
	}
	return m, nil
}
