package starlark

import (
	"context"
	"runtime"
	"runtime/metrics"
	"time"
)

// beat is how often the memory of the process is looked at.
const beat = 10 * time.Millisecond

// watch ends a run by cancel when its time is up or it took too much memory.
// The caller calls stop when the run has ended.
func (l Limits) watch(cancel context.CancelCauseFunc) (stop func()) {
	var timer *time.Timer
	if l.Time > 0 {
		timer = time.AfterFunc(l.Time, func() { cancel(&LimitError{Limit: LimitTime, Max: uint64(l.Time)}) })
	}
	done, ended := make(chan struct{}), make(chan struct{})
	if l.Memory > 0 {
		m := newMemory()
		go func() {
			defer close(ended)
			if m.outgrows(uint64(l.Memory), done) {
				cancel(&LimitError{Limit: LimitMemory, Max: uint64(l.Memory)})
			}
		}()
	} else {
		close(ended)
	}
	return func() {
		if timer != nil {
			timer.Stop()
		}
		close(done)
		<-ended
	}
}

// memory reads the runtime's own counters.
type memory struct {
	samples []metrics.Sample
	begin   uint64
}

func newMemory() *memory {
	m := &memory{samples: []metrics.Sample{
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

// uncollected is how much may be dead before the first collection, and more.
const uncollected = 32 << 20

// outgrows waits until the memory has grown by more than limit, or done is
// closed. Dead objects don't count, so they are collected first. Far above twice
// the limit that would only take time in which the script grows: the collector
// does not let more be dead than alive, unless GOGC says so.
func (m *memory) outgrows(limit uint64, done <-chan struct{}) bool {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return false
		case <-ticker.C:
		}
		if m.used() <= m.begin+limit {
			continue
		}
		if m.used() <= m.begin+2*limit+uncollected {
			runtime.GC()
		}
		if m.used() > m.begin+limit {
			return true
		}
	}
}
