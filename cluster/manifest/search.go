package manifest

import (
	"cmp"
	"slices"
	"strings"
)

// find is a scalar that may hold an image.
type find struct {
	node      int32
	split     bool  // the scalar holds the repository alone,
	tag       int32 // and this one the tag; -1 where there is none
	container int32 // the mapping whose pull policy goes with it, or -1
	via       int32 // the alias, or the value that has one, that led here; or -1
	again     bool  // found before, for another container: only the policy is left to set
	source    Source
}

// search finds the images of a tree. Its slices are used again.
type search struct {
	tree    *tree
	opts    *Options
	finds   []find
	objects []object
	skips   []int32 // mappings in which nothing is found
	// visited are the nodes that aliases led to, so that each is searched once
	// however many aliases there are.
	visited map[int32]bool
}

// run searches t. The finds are in the order of the text, each scalar once.
func (s *search) run(t *tree) {
	s.tree, s.finds, s.objects, s.skips = t, s.finds[:0], s.objects[:0], s.skips[:0]
	s.visited = nil
	if s.recall(t.found) {
		return
	}
	for root := int32(0); root < int32(len(t.nodes)); root = t.nodes[root].next {
		s.list(root, "", -1)
	}
	for _, n := range t.marks {
		if t.nodes[n].class == classKind && s.closed(n) {
			s.skips = append(s.skips, t.nodes[n].parent)
		}
	}
	s.outermost()
	for _, n := range t.marks {
		switch t.nodes[n].class {
		case classContainers:
			s.containers(n, FromContainer)
		case classVolumes:
			s.volumes(n)
		}
	}
	for i := range s.objects {
		o := &s.objects[i]
		if o.apiVersion >= 0 {
			if k := o.known(t); k != nil {
				k.find(s, o.node)
			}
		} else if o.kind < 0 {
			s.compose(o.node)
		}
		if s.opts.Locators != nil {
			s.opts.Locators.find(s, o)
		}
	}
	s.order()
	s.remember(t.found)
}

// order sorts the finds and makes one of those that name the same scalar, but for
// the containers that share it.
func (s *search) order() {
	if !slices.IsSortedFunc(s.finds, compareFinds) {
		slices.SortStableFunc(s.finds, compareFinds)
	}
	out, first := s.finds[:0], 0 // the first find of the scalar at hand
	for _, f := range s.finds {
		if len(s.skips) > 0 && s.skipped(f.node) {
			continue
		}
		n := len(out)
		if n == 0 || out[n-1].node != f.node {
			first = n
			out = append(out, f)
			continue
		}
		if f.split && out[first].split && f.tag != out[first].tag {
			out = append(out, f)
			continue
		}
		out[first].via = max(out[first].via, f.via)
		switch {
		case out[first].container < 0:
			out[first].container = f.container
		case f.container >= 0 && f.container != out[n-1].container:
			f.again = true
			out = append(out, f)
		}
	}
	s.finds = out
}

func compareFinds(a, b find) int { return cmp.Compare(a.node, b.node) }

// closed says that the object of this kind holds no images: a
// CustomResourceDefinition has schemas that look like them, and what a ConfigMap
// or Secret holds is data.
func (s *search) closed(kind int32) bool {
	raw := s.tree.raw(kind)
	if len(raw) > 0 && keyByte[raw[0]] && raw[0] != 'C' && raw[0] != 'S' {
		return false // most kinds, and without making a string
	}
	version := s.tree.own(s.tree.nodes[kind].parent, classAPIVersion)
	return holdsNoImages(s.tree.text(kind), s.tree.text(version))
}

func holdsNoImages(kind, apiVersion string) bool {
	switch kind {
	case "CustomResourceDefinition":
		return true
	case "ConfigMap", "Secret":
		return apiVersion == "v1"
	}
	return false
}

// outermost sorts the skips and leaves out those inside another.
func (s *search) outermost() {
	slices.Sort(s.skips)
	out, end := s.skips[:0], int32(0)
	for _, m := range s.skips {
		if m >= end {
			out, end = append(out, m), s.tree.nodes[m].next
		}
	}
	s.skips = out
}

func (s *search) skipped(n int32) bool {
	i, _ := slices.BinarySearch(s.skips, n)
	return i > 0 && n < s.tree.nodes[s.skips[i-1]].next
}

// containers searches a list of containers.
func (s *search) containers(n int32, source Source) {
	list := s.tree.resolve(n)
	if s.tree.nodes[list].kind != seqNode || list != n && s.again(list) {
		return
	}
	end := s.tree.nodes[list].next
	for c := list + 1; c < end; c = s.tree.nodes[c].next {
		before := len(s.finds)
		s.container(c, source)
		if list != n {
			s.mark(before, n)
		}
	}
}

// again says that an alias led to node n before.
func (s *search) again(n int32) bool {
	if s.visited[n] {
		return true
	}
	if s.visited == nil {
		s.visited = map[int32]bool{}
	}
	s.visited[n] = true
	return false
}

// mark says of the finds from i on that the alias n led to them.
func (s *search) mark(i int, n int32) {
	for ; i < len(s.finds); i++ {
		s.finds[i].via = max(s.finds[i].via, n)
	}
}

// container searches a container: its image, and where asked its env and args.
func (s *search) container(n int32, source Source) {
	t := s.tree
	c := t.resolve(n)
	if t.nodes[c].kind != mapNode || c != n && s.again(c) {
		return
	}
	before := len(s.finds)
	if image := t.child(c, classImage); image >= 0 {
		s.add(image, c, source)
		if t.nodes[image].parent != c {
			s.mark(before, t.own(c, classMerge))
		}
	}
	if s.opts.Env {
		s.env(c)
	}
	if c != n {
		s.mark(before, n)
	}
}

// scalar adds the image text n.
func (s *search) scalar(n int32, source Source) { s.add(n, -1, source) }

func (s *search) add(n, container int32, source Source) {
	f := find{node: s.tree.resolve(n), tag: -1, container: container, via: -1, source: source}
	if f.node != n {
		f.via = n
	}
	s.finds = append(s.finds, f)
}

// env adds the values of env and the elements of args that look like images.
func (s *search) env(container int32) {
	t := s.tree
	if env := t.child(container, classEnv); env >= 0 {
		for _, item := range t.children(t.resolve(env)) {
			if item = t.resolve(item); t.nodes[item].kind == mapNode {
				s.looksLike(t.child(item, classValue))
			}
		}
	}
	if args := t.child(container, classArgs); args >= 0 {
		for _, arg := range t.children(t.resolve(args)) {
			s.looksLike(arg)
		}
	}
}

// looksLike adds a value that may be an image. A block is a script or a file.
func (s *search) looksLike(n int32) {
	if n < 0 {
		return
	}
	d := &s.tree.nodes[s.tree.resolve(n)]
	if d.kind == scalarNode && d.style != blockStyle && strings.ContainsAny(s.tree.text(n), "/:@") {
		s.scalar(n, FromEnv)
	}
}

// volumes adds the references of image volumes.
func (s *search) volumes(n int32) {
	t := s.tree
	list := t.resolve(n)
	if t.nodes[list].kind != seqNode || list != n && s.again(list) {
		return
	}
	for v := list + 1; v < t.nodes[list].next; v = t.nodes[v].next {
		volume := t.resolve(v)
		if t.nodes[volume].kind != mapNode {
			continue
		}
		image := t.child(volume, classImage)
		if image < 0 {
			continue
		}
		if image = t.resolve(image); t.nodes[image].kind == mapNode {
			if ref := t.child(image, classReference); ref >= 0 {
				s.scalar(ref, FromVolume)
			}
		}
	}
}

// compose adds the images of a compose file's services.
func (s *search) compose(root int32) {
	t := s.tree
	services := t.own(root, classServices)
	if services < 0 || t.nodes[t.resolve(services)].kind != mapNode {
		return
	}
	for _, service := range t.children(t.resolve(services)) {
		if service = t.resolve(service); t.nodes[service].kind == mapNode {
			if image := t.child(service, classImage); image >= 0 {
				s.scalar(image, FromCompose)
				if t.nodes[image].parent != service {
					s.mark(len(s.finds)-1, t.own(service, classMerge))
				}
			}
		}
	}
}
