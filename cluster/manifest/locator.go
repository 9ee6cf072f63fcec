package manifest

import (
	"errors"
	"fmt"
	"regexp"
)

// Locator adds places where objects of some kind hold images.
type Locator struct {
	// Kind, APIVersion, Name and Namespace choose objects: regular expressions
	// that ignore case and may match a part, as in Tiltfiles. Empty: any.
	Kind, APIVersion, Name, Namespace string
	// Paths lead to image texts, in client-go's JSONPath syntax. The braces may
	// be left out: {.spec.image}, .spec.image. An object without such a field is
	// left alone.
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
type Locators struct{ all []locator }

type locator struct {
	kind, apiVersion, name, namespace *regexp.Regexp // nil: any
	paths                             []*jsonPath
	object                            *jsonPath
	repo, tag                         string
}

// NewLocators checks every pattern and path. The error names the first that is
// wrong.
func NewLocators(specs ...Locator) (*Locators, error) {
	out := &Locators{}
	for _, spec := range specs {
		l, err := newLocator(spec)
		if err != nil {
			return nil, err
		}
		out.all = append(out.all, l)
	}
	return out, nil
}

func newLocator(spec Locator) (l locator, err error) {
	for _, p := range []struct {
		field, text string
		to          **regexp.Regexp
	}{
		{"kind", spec.Kind, &l.kind},
		{"api_version", spec.APIVersion, &l.apiVersion},
		{"name", spec.Name, &l.name},
		{"namespace", spec.Namespace, &l.namespace},
	} {
		if p.text == "" {
			continue
		}
		if *p.to, err = regexp.Compile("(?i)" + p.text); err != nil {
			return l, fmt.Errorf("%s %q is no regular expression: %w", p.field, p.text, err)
		}
	}
	if len(spec.Paths) == 0 && spec.Object == nil {
		return l, errors.New("a locator says where images are: it needs a JSONPath to them, or an image object")
	}
	for _, text := range spec.Paths {
		p, err := newJSONPath(text)
		if err != nil {
			return l, err
		}
		l.paths = append(l.paths, p)
	}
	if o := spec.Object; o != nil {
		if o.RepoField == "" || o.TagField == "" {
			return l, errors.New("an image object needs the names of its repository and tag fields")
		}
		l.repo, l.tag = o.RepoField, o.TagField
		l.object, err = newJSONPath(o.Path)
	}
	return l, err
}

func (l *locator) matches(t *tree, o *object) bool {
	kind := t.text(o.kind)
	if kind == "" {
		kind = o.item
	}
	return (l.kind == nil || l.kind.MatchString(kind)) &&
		(l.apiVersion == nil || l.apiVersion.MatchString(t.text(o.apiVersion))) &&
		(l.name == nil || l.name.MatchString(t.text(o.name))) &&
		(l.namespace == nil || l.namespace.MatchString(t.text(o.namespace)))
}

// find adds what the locators of object o find.
func (ls *Locators) find(s *search, o *object) {
	for i := range ls.all {
		l := &ls.all[i]
		if !l.matches(s.tree, o) {
			continue
		}
		for _, p := range l.paths {
			for _, h := range p.eval(s.tree, o.node) {
				s.reached(h, FromLocator)
			}
		}
		if l.object == nil {
			continue
		}
		for _, h := range l.object.eval(s.tree, o.node) {
			l.split(s, h)
		}
	}
}

// split adds the image whose two fields stand in a mapping.
func (l *locator) split(s *search, h hit) {
	t := s.tree
	if h = t.follow(h); t.nodes[h.node].kind != mapNode {
		return
	}
	repo, tag := t.under(h, l.repo), t.under(h, l.tag)
	if repo.node < 0 {
		return
	}
	s.reached(repo, FromLocator)
	f := &s.finds[len(s.finds)-1]
	f.split = true
	if tag.node >= 0 {
		tag = t.follow(tag)
		f.tag, f.via = tag.node, max(f.via, tag.via)
	}
}
