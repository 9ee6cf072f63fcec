// Package spell finds the name that was probably meant.
//
// It is pure and imports the standard library only.
package spell

import "strings"

// Nearest returns the candidate that takes the fewest single-character changes
// to become name, the first of equals. Case and underscores do not count. It
// returns "" when no candidate is near: when more than a third of the name would
// have to change, though one character may in any name of two or more.
func Nearest(name string, candidates []string) string {
	name = fold(name)
	most := min(max(1, len(name)/3), len(name)-1)
	best := ""
	for _, c := range candidates {
		if d := distance(name, fold(c)); d <= most {
			best, most = c, d-1
		}
	}
	return best
}

func fold(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "_", ""))
}

// distance is the number of insertions, deletions and replacements of a byte,
// and swaps of two neighbours, that turn a into b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(row[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
