package starlark

import (
	"context"
	"errors"
	"math"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/sextant-dev/sextant/diag"
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

// beat is how often the memory of the process is looked at.
const beat = 10 * time.Millisecond

// watch ends a run when its time is up or it took too much memory.
type watch struct {
	timer       *time.Timer // nil without a limit of time
	memory      *memory     // nil without a limit of memory
	done, ended chan struct{}
}

// watch starts. It ends the run by cancel; the caller calls stop when the run has
// ended.
func (l Limits) watch(cancel context.CancelCauseFunc) *watch {
	w := &watch{done: make(chan struct{}), ended: make(chan struct{})}
	if l.Time > 0 {
		w.timer = time.AfterFunc(l.Time, func() { cancel(&diag.LimitError{Limit: diag.LimitTime, Max: uint64(l.Time)}) })
	}
	if l.Memory == 0 {
		close(w.ended)
		return w
	}
	w.memory = newMemory(uint64(l.Memory), cancel)
	go func() { // for steps that take long
		defer close(w.ended)
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for !w.memory.outgrown() {
			select {
			case <-w.done:
				return
			case <-ticker.C:
			}
		}
	}()
	return w
}

func (w *watch) stop() {
	if w.timer != nil {
		w.timer.Stop()
	}
	close(w.done)
	<-w.ended
}

// memory reads the runtime's own counters. Both the script, between its steps, and
// the watch look at them: a machine that is too busy to let the watch run in time
// lets the script run, and a script waits while the other looks.
type memory struct {
	limit  uint64
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	samples []metrics.Sample
	begin   uint64
	looked  time.Time
	over    bool
}

func newMemory(limit uint64, cancel context.CancelCauseFunc) *memory {
	m := &memory{limit: limit, cancel: cancel, looked: time.Now(), samples: []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"}, // in use, or dead and not yet swept
		{Name: "/memory/classes/heap/stacks:bytes"},  // deep values make deep stacks
	}}
	m.begin = m.used()
	return m
}

func (m *memory) used() uint64 {
	metrics.Read(m.samples)
	var sum uint64
	for _, s := range m.samples {
		sum += s.Value.Uint64()
	}
	return sum
}

// outgrown reports whether the memory has grown by more than the limit, which it
// cancels the run for. Within half a beat of the last look it is what that one saw:
// not a whole one, since the next tick may come a little early.
func (m *memory) outgrown() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.over || time.Since(m.looked) < beat/2 {
		return m.over
	}
	if m.over = m.exceeds(); m.over {
		m.cancel(&diag.LimitError{Limit: diag.LimitMemory, Max: m.limit})
	}
	m.looked = time.Now()
	return m.over
}

// uncollected is how much may be dead before the first collection, and more.
const uncollected = 32 << 20

// exceeds looks. Dead objects don't count, so they are collected first. Far above
// twice the limit that would only take time: the collector does not let more be
// dead than alive, unless GOGC is set otherwise.
func (m *memory) exceeds() bool {
	used := m.used()
	if used > m.begin+m.limit && used <= m.begin+2*m.limit+uncollected {
		runtime.GC()
		used = m.used()
	}
	return used > m.begin+m.limit
}

// CanceledError reports that the context of a run ended it.
type CanceledError struct {
	// Err is context.Canceled or context.DeadlineExceeded.
	Err error
	// Cause is context.Cause of the run's context; Err if none was given.
	Cause error
}

func (e *CanceledError) Error() string {
	verb := "canceled"
	if errors.Is(e.Err, context.DeadlineExceeded) {
		verb = "out of time"
	}
	return verb + ": " + e.Cause.Error()
}

// Unwrap returns both errors, so errors.Is finds either.
func (e *CanceledError) Unwrap() []error { return []error{e.Err, e.Cause} }

// canceled returns why ctx is done: the diag.LimitError that ended the run, else a
// CanceledError. It is nil while ctx is not done.
func canceled(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if limit, ok := cause.(*diag.LimitError); ok {
		return limit
	}
	return &CanceledError{Err: ctx.Err(), Cause: cause}
}

// endedBy reports whether err is what code that waits returns when ctx is done:
// its error or its cause.
func endedBy(ctx context.Context, err error) bool {
	return ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx)))
}

// whenDone calls f once ctx is done, unless stop comes before. Stop waits for f.
func whenDone(ctx context.Context, f func()) (stop func()) {
	called := make(chan struct{})
	after := context.AfterFunc(ctx, func() {
		defer close(called)
		f()
	})
	return func() {
		if !after() {
			<-called
		}
	}
}
