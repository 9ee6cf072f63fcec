package locate

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/internal/yamltree"
)

// Rule defines where objects of some kinds hold images.
type Rule struct {
	// Group is the API group of the objects; *.x is every group that ends in .x.
	// Empty: any.
	Group string
	// Kind, APIVersion, Name and Namespace choose objects: regular expressions
	// that ignore case and may match a part, as in Tiltfiles. Empty: any.
	Kind, APIVersion, Name, Namespace string

	// Paths lead to strings that are images, Containers to mappings with the fields
	// of a container: image, imagePullPolicy, env and args.
	Paths, Containers []string
	// Splits are images in two fields. Stronger are the fields of their mappings, named
	// as the tag's, that count in place of the tag if they are there.
	Splits   []Split
	Stronger []string

	// Before is a regular expression for what precedes the image in the string; one
	// without it holds no image. Empty: nothing.
	Before string
	// Qualified leaves out strings without / : or @, and what is no image name:
	// other values are expected there.
	Qualified bool
	// Entry is a regular expression for what is beside the value, in EntryField or, if
	// that is empty, in name: only such entries hold images. Empty: any.
	Entry, EntryField string
	// Policy is the name of the field beside the image that is its pull policy.
	Policy string
}

// Split is an image whose repository and tag are two fields of a mapping.
type Split struct {
	Path      string // leads to the mapping
	RepoField string
	TagField  string // the name of a field, or a path in braces that starts at the mapping
}

// Rules are checked rules, in a form that is fast to apply. They are safe for
// concurrent use.
type Rules struct{ all []*compiled }

// compiled is a Rule that was checked.
type compiled struct {
	kind, apiVersion, name, namespace *regexp.Regexp // nil: any
	targets                           []target
	source                            Source
	explicit                          bool // a caller's
}

// target is one path of a rule, and what it leads to.
type target struct {
	path      *path
	form      form
	repo      string   // of splitForm, as tag and stronger
	tag       []string // the keys that lead to it
	stronger  [][]string
	before    *regexp.Regexp
	entry     *regexp.Regexp
	beside    string // the field that entry is for
	qualified bool
	policy    string
}

type form uint8

const (
	stringForm form = iota
	containerForm
	splitForm
)

// Compile checks a caller's rules. The error names the first pattern or path that
// is wrong.
func Compile(rules ...Rule) (*Rules, error) {
	out := &Rules{}
	for _, r := range rules {
		c, err := compile(r, FromLocator, nil)
		if err != nil {
			return nil, err
		}
		c.explicit = true
		out.all = append(out.all, c)
	}
	return out, nil
}

// maxPattern is how many bytes a regular expression may have: compiling a long one
// takes seconds.
const maxPattern = 1000

// compile checks a rule. symbols are those of a built-in one; see newPath.
func compile(r Rule, source Source, symbols *yamltree.Symbols) (*compiled, error) {
	c := &compiled{source: source}
	shared := target{qualified: r.Qualified, policy: r.Policy, beside: cmp.Or(r.EntryField, "name")}
	for _, p := range []struct {
		field, pattern, prefix string
		to                     **regexp.Regexp
	}{
		{"kind", r.Kind, "(?i)", &c.kind},
		{"api_version", r.APIVersion, "(?i)", &c.apiVersion},
		{"name", r.Name, "(?i)", &c.name},
		{"namespace", r.Namespace, "(?i)", &c.namespace},
		{"before", r.Before, "", &shared.before},
		{"entry", r.Entry, "(?i)", &shared.entry},
	} {
		if p.pattern == "" {
			continue
		}
		if len(p.pattern) > maxPattern {
			return nil, fmt.Errorf("%s has a regular expression of %d bytes: the limit is %d", p.field, len(p.pattern), maxPattern)
		}
		var err error
		if *p.to, err = regexp.Compile(p.prefix + p.pattern); err != nil {
			return nil, fmt.Errorf("%s %q is not a regular expression: %w", p.field, p.pattern, err)
		}
	}
	if len(r.Paths)+len(r.Containers)+len(r.Splits) == 0 {
		return nil, errors.New("a locator needs a JSONPath to images, or an image object")
	}
	add := func(text string, t target) (err error) {
		t.path, err = newPath(text, symbols)
		c.targets = append(c.targets, t)
		return err
	}
	for _, text := range r.Paths {
		if err := add(text, shared); err != nil {
			return nil, err
		}
	}
	for _, text := range r.Containers {
		t := shared
		t.form, t.policy = containerForm, containerPolicy
		if err := add(text, t); err != nil {
			return nil, err
		}
	}
	for _, o := range r.Splits {
		if o.RepoField == "" || o.TagField == "" {
			return nil, errors.New("an image object needs the names of its repository and tag fields")
		}
		t := shared
		t.form, t.repo, t.tag = splitForm, o.RepoField, keysOf(o.TagField)
		for _, field := range r.Stronger {
			t.stronger = append(t.stronger, keysOf(field))
		}
		if err := add(o.Path, t); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// keysOf returns the keys that lead to a field: its name, or those of a path in braces.
func keysOf(field string) []string {
	if inner, ok := strings.CutPrefix(field, "{."); ok {
		return strings.Split(strings.TrimSuffix(inner, "}"), ".")
	}
	return []string{field}
}

// matches reports whether the rule is for object o, its group aside.
func (c *compiled) matches(t *yamltree.Tree, o *Object) bool {
	return matches(c.kind, func() string { return o.KindName(t) }) &&
		matches(c.apiVersion, func() string { return t.Text(o.APIVersion) }) &&
		matches(c.name, func() string { return t.Text(o.Name) }) &&
		matches(c.namespace, func() string { return cmp.Or(t.Text(o.Namespace), "default") })
}

func matches(pattern *regexp.Regexp, text func() string) bool {
	return pattern == nil || pattern.MatchString(text())
}

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
