package hub

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/cluster"
)

// decoding decodes pages while the next one is read, on all processors. The order
// stays.
type decoding struct {
	running sync.WaitGroup
	turns   chan struct{} // as many as there are processors
	mu      sync.Mutex
	err     error
	chunks  [][]kept // parts of pages
	count   int      // clusters in them
}

const (
	// perChunk is how many clusters are decoded in one turn.
	perChunk = 64
	// maxClusters is how many clusters a hub may keep: a decoded one takes more
	// than a hundred times what the shortest takes in an answer.
	maxClusters = 100_000
)

var errTooMany = fmt.Errorf("it has more than %d clusters", maxClusters)

func newDecoding() *decoding {
	return &decoding{turns: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// page begins to decode the items of a list and returns its metadata.
func (d *decoding) page(body []byte) (metav1.ListMeta, error) {
	var meta metav1.ListMeta
	list, err := splitList(body)
	if err == nil && string(list.kind) != strconv.Quote(cluster.ListKind) {
		err = errOtherKind
	}
	if err == nil && list.metadata != nil {
		err = json.Unmarshal(list.metadata, &meta)
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
			if err := decode(part, chunk); err != nil {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.err = err
			}
		})
	}
	return meta, nil
}

// kept is what is used of a Cluster object. The rest, of which managedFields is more
// than half of what an API server sends, is skipped.
type kept struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name   string            `json:"name"`
		Labels map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec   cluster.ClusterSpec   `json:"spec"`
	Status cluster.ClusterStatus `json:"status"`
}

var keptShape = sync.OnceValue(func() *shape { return shapeOf(reflect.TypeFor[kept]()) })

// decode decodes items into as many clusters.
func decode(items [][]byte, into []kept) error {
	for i, text := range items {
		if err := decodeItem(text, &into[i]); err != nil {
			return notList(err)
		}
	}
	return nil
}

// decodeItem decodes a Cluster object.
func decodeItem(text []byte, into *kept) error {
	s := splitter{body: text}
	err := s.decode(reflect.ValueOf(into).Elem(), keptShape())
	switch {
	case err != nil:
		return err
	case into.Kind != "" && into.Kind != cluster.Kind:
		return errOtherKind
	case into.Metadata.Name == "":
		return errors.New("an item has no name")
	}
	return nil
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
	slices.SortFunc(all, func(a, b *kept) int { return strings.Compare(a.Metadata.Name, b.Metadata.Name) })
	for i := range all {
		if i > 0 && all[i].Metadata.Name == all[i-1].Metadata.Name {
			return nil, notList(fmt.Errorf("%q is in it twice", all[i].Metadata.Name))
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

// list is the parts of a JSON list, undecoded.
type list struct {
	kind, metadata []byte
	items          [][]byte
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
		case "kind":
			l.kind, err = s.value()
			return err
		case "metadata":
			l.metadata, err = s.value()
			return err
		case "items":
			if found {
				return errNoList // it is not for us to choose one
			}
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
