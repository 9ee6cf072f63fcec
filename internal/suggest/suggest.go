// Package suggest finds the names that a misspelt one may have meant, for
// messages. It imports the standard library only and does no I/O.
package suggest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Name returns the candidate nearest to word, the first of equals, or "" if none
// is near: at most a third of the word's letters may differ, or one in a shorter
// word of two or more. Letter case and underscores do not count. If more than three
// letters differ, a candidate that the word begins with, up to an underscore, is nearer.
func Name(word string, candidates []string) string {
	folded := fold(word)
	best, most := "", allowed(folded)
	for _, c := range candidates {
		if d := distance(folded, fold(c)); d <= most {
			best, most = c, d-1
		}
	}
	if best == "" || most < 3 {
		return best
	}
	for _, c := range candidates {
		if strings.HasPrefix(word, c+"_") {
			best = c
		}
	}
	return best
}

// allowed is how many letters of a folded word may differ.
func allowed(word string) int {
	letters := len([]rune(word))
	return min(max(1, letters/3), letters-1)
}

// DidYouMean returns ` (did you mean "x"?)`, or "" if no candidate is near.
func DidYouMean(word string, candidates []string) string {
	if n := Name(word, candidates); n != "" {
		return ` (did you mean "` + n + `"?)`
	}
	return ""
}

// NoneOf describes a value that is none of those of a closed set: `"x" is none of
// "y", "z"`, and the one that was probably meant, else the types that are allowed
// besides, "" for none.
func NoneOf(value string, values []string, others string) string {
	text := strconv.Quote(value) + " is none of " + Quoted(values)
	switch hint := DidYouMean(value, values); {
	case hint != "":
		text += hint
	case others != "":
		text += ", and no " + others
	}
	return text
}

// maxOffered is how many names a message offers, maxListed how many it lists.
const (
	maxOffered = 3
	maxListed  = 5
)

// OrOneOf is for names that are often alike, such as those of contexts: ` (did you
// mean "x" or "y"?)`, the candidates that are near. If none is, it is `: there are
// "x", "y" and 3 more`, the nearest ones; "" if there are no candidates.
func OrOneOf(word string, candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	ranked := rank(word, candidates)
	most := allowed(fold(word))
	alike := slices.DeleteFunc(slices.Clone(ranked), func(r ranking) bool { return r.distance > most })
	if names := first(maxOffered, alike); len(names) > 0 {
		last := len(names) - 1
		list := Quoted(names[last:])
		if last > 0 {
			list = Quoted(names[:last]) + " or " + list
		}
		return " (did you mean " + list + "?)"
	}
	few := first(maxListed, ranked)
	list := ": there are "
	if len(candidates) == 1 {
		list = ": there is "
	}
	list += Quoted(few)
	if more := len(candidates) - len(few); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

// Quoted returns the names as messages list them: "x", "y".
func Quoted(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// Names returns at most n candidates, the nearest first, ties by name. One that
// contains the word, or that the word contains, is as near as one wrong letter.
func Names(word string, candidates []string, n int) []string {
	return first(n, rank(word, candidates))
}

// ranking is how near a candidate is to a word.
type ranking struct {
	name string
	// distance is that of the folded names. order is the same, or 1 if one of the
	// names contains the other.
	distance, order int
}

// rank returns the candidates, the nearest first, ties by name.
func rank(word string, candidates []string) []ranking {
	folded := fold(word)
	ranked := make([]ranking, len(candidates))
	for i, c := range candidates {
		d := distance(folded, fold(c))
		ranked[i] = ranking{c, d, d}
		if d > 1 && (strings.Contains(c, word) || strings.Contains(word, c)) {
			ranked[i].order = 1
		}
	}
	slices.SortFunc(ranked, func(a, b ranking) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.name, b.name))
	})
	return ranked
}

// first returns at most n names.
func first(n int, ranked []ranking) []string {
	names := make([]string, min(n, len(ranked)))
	for i := range names {
		names[i] = ranked[i].name
	}
	return names
}

func fold(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "_", ""))
}

// longest is how many letters a word may have that is compared letter by letter:
// that takes as long as both words together have pairs of letters.
const longest = 200

// distance returns how many letters to insert, delete, replace or swap with the
// next one to make b of a. Different words of which one is too long are as far
// apart as words can be.
func distance(a, b string) int {
	if a == b {
		return 0
	}
	x, y := []rune(a), []rune(b)
	if most := max(len(x), len(y)); most > longest {
		return most
	}
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
