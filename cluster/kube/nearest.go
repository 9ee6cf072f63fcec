package kube

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/internal/nearest"
)

// shown is how many names a message lists.
const shown = 3

// near ends a message with the names most like the one that is missing.
func near(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	names := nearest.Names(name, known, shown)
	if len(known) <= shown {
		return " (known: " + quoteAll(names) + ")"
	}
	return " (nearest: " + quoteAll(names) + ")"
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
