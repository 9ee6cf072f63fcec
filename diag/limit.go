package diag

import (
	"fmt"
	"time"
)

// The limits that a [LimitError] names.
const (
	LimitSteps     = "steps"
	LimitCallDepth = "call depth"
	LimitLoadDepth = "load depth"
	LimitTime      = "time"
	LimitMemory    = "memory"
	// LimitDigits is how many decimal digits an integer may have.
	LimitDigits = "digits"
	// LimitChain is how many elif a statement, how many for and if a comprehension,
	// and how many operators, calls, indexes or attributes one after another an
	// expression may have. Compiling takes the square of them.
	LimitChain = "chain"
	// LimitName is how many bytes a name in a script may have. To look for the name
	// that a wrong one may mean takes as long as both have pairs of letters.
	LimitName      = "name"
	LimitFileSize  = "file size"
	LimitOutput    = "output"
	LimitClusters  = "clusters"
	LimitManifests = "manifests"
)

// LimitError reports that a script went over a limit: of the engine that runs it,
// or of one of its builtins.
type LimitError struct {
	// Limit is one of the Limit constants.
	Limit string
	// Max is the limit in force: bytes, nanoseconds for LimitTime, or a count.
	Max uint64
	// Where is what went over it: a builtin, a file. It is empty if the script as
	// a whole did.
	Where string
}

func (e *LimitError) Error() string {
	if e.Where != "" {
		return fmt.Sprintf("%s: over the limit of %d for %s", e.Where, e.Max, e.Limit)
	}
	switch e.Limit {
	case LimitSteps:
		return fmt.Sprintf("too many steps: the limit is %d; look for a loop that does not end, or raise the limit", e.Max)
	case LimitCallDepth:
		return fmt.Sprintf("calls nested too deep: the limit is %d; look for a recursion that does not end", e.Max)
	case LimitLoadDepth:
		return fmt.Sprintf("loads nested too deep: the limit is %d", e.Max)
	case LimitOutput:
		return fmt.Sprintf("too much printed: the limit is %d bytes", e.Max)
	case LimitTime:
		return fmt.Sprintf("the script took too long: the limit is %s", time.Duration(e.Max))
	case LimitMemory:
		return fmt.Sprintf("the script took too much memory: the limit is %d MiB; look for a value that grows in a loop, or raise the limit", (e.Max+1<<20-1)>>20)
	case LimitDigits:
		return fmt.Sprintf("an integer has too many digits: the limit is %d", e.Max)
	case LimitChain:
		return fmt.Sprintf("too many elif, for and if of a comprehension, or operators, one after another: the limit is %d; use a dict or a loop", e.Max)
	case LimitName:
		return fmt.Sprintf("a name is too long: the limit is %d bytes", e.Max)
	}
	return fmt.Sprintf("%s too large: the limit is %d bytes", e.Limit, e.Max)
}
