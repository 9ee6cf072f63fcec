package starlark

import (
	"context"
	"runtime"
	"runtime/metrics"
	"sync"
	"time"

	"github.com/sextant-dev/sextant/diag"
)

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
