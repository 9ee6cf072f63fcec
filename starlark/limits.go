package starlark

import (
	"math"
	"time"
)

// Defaults of [Limits].
const (
	// DefaultSteps is a few seconds of computation and no input or output.
	DefaultSteps uint64 = 100_000_000
	// DefaultCallDepth is what Python allows.
	DefaultCallDepth = 1_000
	// DefaultLoadDepth is far beyond what people nest by hand.
	DefaultLoadDepth = 64
	// DefaultOutput is 16 MiB.
	DefaultOutput int64 = 16 << 20
	// DefaultFileSize is 1 MiB. The parser recurses, so a file size bounds the
	// memory that a hostile script can make it use.
	DefaultFileSize int64 = 1 << 20
)

// MaxDigits is how many decimal digits an integer of a script may have. To multiply
// two, and to convert one to text and back, takes the square of them.
const MaxDigits = 10_000

// maxBits is MaxDigits in bits.
const maxBits = MaxDigits * 3322 / 1000

// maxCallDepth keeps the Go stack of a run to some tens of megabytes.
const maxCallDepth = 10_000

// Limits bound one run of a script and all that it loads. Zero means the
// default.
type Limits struct {
	// Steps is the number of abstract computation steps. The default is
	// DefaultSteps; math.MaxUint64 is no limit.
	Steps uint64

	// CallDepth is how many calls may be active at once, calls of builtins and
	// the top level of each file included. The default is DefaultCallDepth; the
	// most is 10,000, which a negative number asks for too.
	CallDepth int

	// LoadDepth is how deep loads may nest: 1 lets the first file load files
	// that load nothing. The default is DefaultLoadDepth; a negative number is
	// no limit but that of CallDepth.
	LoadDepth int

	// Output is the number of bytes printed, a newline for each print included.
	// The default is DefaultOutput; a negative number is no limit.
	Output int64

	// FileSize is the size in bytes of one script. The default is
	// DefaultFileSize; a negative number is no limit.
	FileSize int64

	// Time is how long the run may last, the waits and the End of plugins
	// included. The default is no limit.
	Time time.Duration

	// Memory is by how many bytes the heap and the stacks of the process may
	// grow while the run lasts. The default is no limit, since other work of the
	// process counts too. It is soft: the runtime is asked every 10 ms, and a
	// script ends between two of its steps, so one step that makes a large value
	// passes it. One whose result alone is over the limit is refused.
	Memory int64
}

func (l Limits) withDefaults() Limits {
	if l.Steps == 0 {
		l.Steps = DefaultSteps
	}
	switch {
	case l.CallDepth == 0:
		l.CallDepth = DefaultCallDepth
	case l.CallDepth < 0 || l.CallDepth > maxCallDepth:
		l.CallDepth = maxCallDepth
	}
	switch {
	case l.LoadDepth == 0:
		l.LoadDepth = DefaultLoadDepth
	case l.LoadDepth < 0:
		l.LoadDepth = math.MaxInt
	}
	l.Output = bytesLimit(l.Output, DefaultOutput)
	l.FileSize = bytesLimit(l.FileSize, DefaultFileSize)
	l.Time, l.Memory = max(l.Time, 0), max(l.Memory, 0)
	return l
}

func bytesLimit(n, whenZero int64) int64 {
	switch {
	case n == 0:
		return whenZero
	case n < 0:
		return math.MaxInt64
	}
	return n
}
