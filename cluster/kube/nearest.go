package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// shown is how many names a message lists.
const shown = 3

// near ends a message with the names most like the one that is missing.
func near(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	distance := make(map[string]int, len(known))
	for _, k := range known {
		distance[k] = editDistance(strings.ToLower(name), strings.ToLower(k))
	}
	slices.SortFunc(known, func(a, b string) int {
		return cmp.Or(cmp.Compare(distance[a], distance[b]), cmp.Compare(a, b))
	})
	if len(known) <= shown {
		return " (known: " + quoteAll(known) + ")"
	}
	return " (nearest: " + quoteAll(known[:shown]) + ")"
}

// some ends a message with a few of the names there are.
func some(names []string) string {
	if len(names) <= shown {
		return fmt.Sprintf(" (contexts: %s)", quoteAll(names))
	}
	return fmt.Sprintf(" (contexts: %s and %d more)", quoteAll(names[:shown]), len(names)-shown)
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = quote(n)
	}
	return strings.Join(quoted, ", ")
}

// editDistance is the number of bytes to insert, delete or replace to make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
