// Package nearest finds the names that a misspelt one may have meant, for
// messages. It imports the standard library only and does no I/O.
package nearest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Name returns the candidate nearest to word, or "" where none is near: at
// most a third of the word's letters, and no fewer than one, may differ.
func Name(word string, candidates []string) string {
	best, least := "", max(1, len([]rune(word))/3)+1
	for _, c := range candidates {
		if d := distance(word, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// DidYouMean returns ` (did you mean "x"?)`, or "" where no candidate is near.
func DidYouMean(word string, candidates []string) string {
	if n := Name(word, candidates); n != "" {
		return ` (did you mean "` + n + `"?)`
	}
	return ""
}

// most is how many names a message lists.
const most = 5

// OrOneOf is DidYouMean, and where no candidate is near `: there are "x", "y" and
// 3 more`, those that are nearest; "" where there is none at all.
func OrOneOf(word string, candidates []string) string {
	if near := DidYouMean(word, candidates); near != "" || len(candidates) == 0 {
		return near
	}
	few := Names(word, candidates, most)
	there := ": there are "
	if len(candidates) == 1 {
		there = ": there is "
	}
	there += Quoted(few)
	if more := len(candidates) - len(few); more > 0 {
		there += fmt.Sprintf(" and %d more", more)
	}
	return there
}

// Quoted is the names as messages list them: "x", "y".
func Quoted(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// Names returns at most n candidates, the nearest first, ties by name. One that
// contains the word or stands in it is as near as one wrong letter.
func Names(word string, candidates []string, n int) []string {
	far := make(map[string]int, len(candidates))
	for _, c := range candidates {
		far[c] = reach(word, c)
	}
	sorted := slices.Clone(candidates)
	slices.SortFunc(sorted, func(a, b string) int {
		return cmp.Or(cmp.Compare(far[a], far[b]), cmp.Compare(a, b))
	})
	return sorted[:min(n, len(sorted))]
}

func reach(word, candidate string) int {
	d := distance(word, candidate)
	if d > 1 && (strings.Contains(candidate, word) || strings.Contains(word, candidate)) {
		return 1
	}
	return d
}

// distance counts the letters to insert, delete, replace or swap with the next
// one to make b of a, letter case aside.
func distance(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
