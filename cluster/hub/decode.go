package hub

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// decoding decodes pages while the next one is read, on all processors. The order
// stays.
type decoding struct {
	namespace string // of every item
	running   sync.WaitGroup
	turns     chan struct{} // as many as there are processors
	mu        sync.Mutex
	err       error
	chunks    [][]kept // parts of pages
	count     int      // clusters in them
}

const (
	// perChunk is how many clusters are decoded in one turn.
	perChunk = 64
	// maxClusters is how many clusters a hub may keep: a decoded one takes more
	// than a hundred times what the shortest takes in an answer.
	maxClusters = 100_000
)

var errTooMany = fmt.Errorf("it has more than %d clusters", maxClusters)

func newDecoding(namespace string) *decoding {
	return &decoding{namespace: namespace, turns: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// page begins to decode the items of a list and returns its metadata.
func (d *decoding) page(body []byte) (metav1.ListMeta, error) {
	var meta metav1.ListMeta
	list, err := splitList(body)
	if err == nil && (string(list.kind) != `"ClusterList"` || list.apiVersion != nil && string(list.apiVersion) != ownVersion) {
		err = errOtherKind
	}
	if err == nil && list.metadata != nil {
		err = wire.DecodeJSON(list.metadata, &meta)
	}
	items := list.items
	if d.count += len(items); err == nil && d.count > maxClusters {
		err = errTooMany
	}
	if err != nil {
		return meta, notList(err)
	}
	for len(items) > 0 {
		n := min(perChunk, len(items))
		part, chunk := items[:n], make([]kept, n)
		items = items[n:]
		d.chunks = append(d.chunks, chunk)
		d.turns <- struct{}{}
		d.running.Go(func() {
			defer func() { <-d.turns }()
			if err := d.decode(part, chunk); err != nil {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.err = err
			}
		})
	}
	return meta, nil
}

// kept is what is used of a Cluster object.
type kept struct {
	name, namespace string
	labels          map[string]string
	generation      int64
	spec            cluster.ClusterSpec
	status          cluster.ClusterStatus
}

// decode decodes items into as many clusters.
func (d *decoding) decode(items [][]byte, into []kept) error {
	for i, text := range items {
		k := &into[i]
		if err := decodeItem(text, k); err != nil {
			return notList(err)
		}
		if k.namespace != "" && k.namespace != d.namespace {
			return notList(fmt.Errorf("%q is of namespace %q", k.name, k.namespace))
		}
	}
	return nil
}

// decodeItem decodes what is used of a Cluster object. The rest, of which managedFields
// is more than half of what an API server sends, is skipped.
func decodeItem(text []byte, into *kept) error {
	s := splitter{body: text}
	err := s.object(func(key []byte) error {
		switch string(key) {
		case `"kind"`:
			return s.want(`"Cluster"`)
		case `"apiVersion"`:
			return s.want(ownVersion)
		case `"metadata"`:
			return s.object(func(key []byte) error {
				switch string(key) {
				case `"name"`:
					return s.decode(&into.name)
				case `"namespace"`:
					return s.decode(&into.namespace)
				case `"labels"`:
					return s.decode(&into.labels)
				case `"generation"`:
					return s.decode(&into.generation)
				}
				return s.skip()
			})
		case `"spec"`:
			return s.decode(&into.spec)
		case `"status"`:
			return s.decode(&into.status)
		}
		return s.skip()
	})
	if err == nil && into.name == "" {
		err = errors.New("an item has no name")
	}
	return err
}

// wait returns all clusters, sorted by name, once nothing is being decoded any more.
func (d *decoding) wait() ([]*kept, error) {
	d.running.Wait()
	if d.err != nil {
		return nil, d.err
	}
	all := make([]*kept, 0, d.count)
	for _, chunk := range d.chunks {
		for i := range chunk {
			all = append(all, &chunk[i])
		}
	}
	slices.SortFunc(all, func(a, b *kept) int { return strings.Compare(a.name, b.name) })
	for i := range all {
		if i > 0 && all[i].name == all[i-1].name {
			return nil, notList(fmt.Errorf("%q is in it twice", all[i].name))
		}
	}
	return all, nil
}

var (
	errNoList    = errors.New("it is not a JSON object with items")
	errOtherKind = errors.New("it is of another kind")
)

// notList returns the error of an answer that is not a list of clusters, and why.
func notList(why error) error { return fmt.Errorf("the answer is not a list of clusters: %w", why) }

// ownVersion is the apiVersion of all that a hub keeps, as JSON.
var ownVersion = strconv.Quote(cluster.GroupVersion.String())

// list is the parts of a JSON list, undecoded.
type list struct {
	apiVersion, kind, metadata []byte
	items                      [][]byte
}

// splitList splits a JSON list: finding where each part ends takes a tenth of the
// time that decoding takes. What is in between is not checked, which decoding does
// for what it uses.
func splitList(body []byte) (list, error) {
	var l list
	s := splitter{body: body}
	found := false
	err := s.object(func(key []byte) (err error) {
		switch string(key) {
		case `"apiVersion"`:
			l.apiVersion, err = s.value()
			return err
		case `"kind"`:
			l.kind, err = s.value()
			return err
		case `"metadata"`:
			l.metadata, err = s.value()
			return err
		case `"items"`:
			found = true
			if s.peek() != '[' {
				return s.skip() // null
			}
			return s.members('[', ']', func() error {
				item, err := s.value()
				if l.items = append(l.items, item); len(l.items) > maxClusters {
					return errTooMany
				}
				return err
			})
		}
		return s.skip()
	})
	if err == nil && (!found || s.peek() != 0) {
		err = errNoList
	}
	return l, err
}

// splitter finds the ends of JSON values.
type splitter struct {
	body []byte
	at   int
}

// peek returns the next byte that is not a space, 0 at the end.
func (s *splitter) peek() byte {
	for ; s.at < len(s.body); s.at++ {
		switch b := s.body[s.at]; b {
		case ' ', '\t', '\n', '\r':
		default:
			return b
		}
	}
	return 0
}

// take skips a byte, if it is the next.
func (s *splitter) take(b byte) bool {
	if s.peek() != b {
		return false
	}
	s.at++
	return true
}

// members calls f at each member of an object or an array.
func (s *splitter) members(open, end byte, f func() error) error {
	if !s.take(open) {
		return errNoList
	}
	if s.take(end) {
		return nil
	}
	for {
		if err := f(); err != nil {
			return err
		}
		if s.take(end) {
			return nil
		}
		if !s.take(',') {
			return errNoList
		}
	}
}

// object calls f with the keys of an object, undecoded. It is f that goes past the
// value. A duplicate key is an error: it is not for us to choose one.
func (s *splitter) object(f func(key []byte) error) error {
	var few [16][]byte
	seen := few[:0]
	return s.members('{', '}', func() error {
		key, err := s.value()
		if err != nil || !s.take(':') {
			return errNoList
		}
		if len(seen) < maxKeys {
			if slices.ContainsFunc(seen, func(k []byte) bool { return bytes.Equal(k, key) }) {
				return fmt.Errorf("%s is in it twice", key)
			}
			seen = append(seen, key)
		}
		return f(key)
	})
}

// maxKeys is how many keys of one object are compared. Objects have less than 20.
const maxKeys = 64

// want goes past the next value, which is an error if it is another.
func (s *splitter) want(value string) error {
	if got, err := s.value(); err != nil || string(got) != value {
		return errOtherKind
	}
	return nil
}

// decode decodes the next value, and skip goes past it.
func (s *splitter) decode(into any) error {
	value, err := s.value()
	if err != nil {
		return err
	}
	return wire.DecodeJSON(value, into)
}

func (s *splitter) skip() error {
	_, err := s.value()
	return err
}

// value returns the next value.
func (s *splitter) value() ([]byte, error) {
	s.peek()
	start, depth := s.at, 0
	for s.at < len(s.body) {
		switch b := s.body[s.at]; b {
		case '"':
			if !s.skipString() {
				return nil, errNoList
			}
			if depth == 0 {
				return s.body[start:s.at], nil
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth < 0 { // the end of what the value is in
				return s.scalar(start)
			}
			if depth == 0 {
				s.at++
				return s.body[start:s.at], nil
			}
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return s.scalar(start)
			}
		}
		s.at++
	}
	return nil, errNoList
}

// scalar returns a number or a literal that ends here.
func (s *splitter) scalar(start int) ([]byte, error) {
	if s.at == start {
		return nil, errNoList
	}
	return s.body[start:s.at], nil
}

// skipString skips a string, and reports whether it has an end.
func (s *splitter) skipString() bool {
	for from := s.at + 1; ; {
		i := bytes.IndexByte(s.body[from:], '"')
		if i < 0 {
			return false
		}
		end := from + i
		escapes := 0 // the backslashes before the quote
		for end-escapes > from && s.body[end-escapes-1] == '\\' {
			escapes++
		}
		if from = end + 1; escapes%2 == 0 {
			s.at = from
			return true
		}
	}
}
