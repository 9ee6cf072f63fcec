package manifest

import (
	"slices"
	"strconv"
	"strings"
)

// path leads from node top to node n, as spec.containers[0].image.
func (t *tree) path(top, n int32) string {
	var steps []string
	for ; n > top; n = t.nodes[n].parent {
		p := t.nodes[n].parent
		if p < 0 {
			break
		}
		if t.nodes[p].kind == seqNode {
			i := 0
			for c := p + 1; c < n; c = t.nodes[c].next {
				i++
			}
			steps = append(steps, "["+strconv.Itoa(i)+"]")
			continue
		}
		key := t.key(n)
		if plainKey([]byte(key)) && !strings.ContainsAny(key, "./") {
			steps = append(steps, "."+key)
		} else {
			steps = append(steps, "["+strconv.Quote(key)+"]")
		}
	}
	slices.Reverse(steps)
	return strings.TrimPrefix(strings.Join(steps, ""), ".")
}
