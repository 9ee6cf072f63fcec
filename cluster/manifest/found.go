package manifest

import "slices"

// found is what a search found in the documents of a shape: in all of them at the
// same nodes, since it goes by keys, and by the values of apiVersion and kind
// alone. So it is not to be used where those differ, or where the options have it
// look at other values.
type found struct {
	finds   []find
	objects []object
	known   bool
	varies  bool // a kind or an apiVersion was seen to differ
}

// vary notes that the value of a key of that class was seen to differ.
func (f *found) vary(c class) {
	if c == classKind || c == classAPIVersion {
		f.varies = true
	}
}

// recall takes what was found in the tree's like.
func (s *search) recall(f *found) bool {
	if f == nil || !f.known || f.varies {
		return false
	}
	s.finds, s.objects = append(s.finds, f.finds...), append(s.objects, f.objects...)
	return true
}

// remember keeps what was found for the trees like this one.
func (s *search) remember(f *found) {
	if f == nil || f.varies || s.opts.Env || s.opts.Locators != nil {
		return
	}
	f.finds, f.objects, f.known = slices.Clone(s.finds), slices.Clone(s.objects), true
}
