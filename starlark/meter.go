package starlark

import (
	"context"
	"math"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/diag"
)

// stopped is the reason given to the interpreter when a run must stop; what
// stopped it is in meter.exceeded or meter.ctx.
const stopped = "the run was stopped"

// meter holds one run to its limits: it counts what the run uses, is charged for what
// takes more than a step, and stops the thread.
type meter struct {
	ctx    context.Context // done once the run has to end
	cancel context.CancelCauseFunc
	limits Limits
	watch  *watch // of time and memory
	thread *sl.Thread
	// functions are the builtins that charge, by what they are without that.
	functions map[*sl.Builtin]*sl.Builtin
	printed   int64            // bytes
	exceeded  *diag.LimitError // the limit that stopped the run
}

// newMeter returns the meter of a run, with the thread that it is to use, and starts
// the watch. The caller calls close when the run has ended.
func newMeter(ctx context.Context, limits Limits) *meter {
	m := &meter{limits: limits.withDefaults(), functions: map[*sl.Builtin]*sl.Builtin{}}
	m.ctx, m.cancel = context.WithCancelCause(ctx)
	m.watch = m.limits.watch(m.cancel)
	m.thread = &sl.Thread{Name: "sextant", OnMaxSteps: m.onSteps}
	m.thread.SetMaxExecutionSteps(1)
	return m
}

// close ends the watch and the context.
func (m *meter) close() {
	m.watch.stop()
	m.cancel(nil)
}

// reset begins to count again, for the next statement of a session.
func (m *meter) reset() {
	m.exceeded, m.printed = nil, 0
	m.thread.Steps = 0
	m.thread.SetMaxExecutionSteps(1)
	m.thread.Uncancel()
}

// stopWhenDone stops the thread once ctx is done, unless release comes before.
func (m *meter) stopWhenDone(ctx context.Context) (release func()) {
	return whenDone(ctx, func() { m.thread.Cancel(stopped) })
}

// charge adds steps, and reports which limit they or the memory they take exceed.
func (m *meter) charge(steps uint64, memory int64) error {
	if steps == 0 && memory == 0 {
		return nil
	}
	if most := m.limits.Memory; most > 0 && memory > most {
		return &diag.LimitError{Limit: diag.LimitMemory, Max: uint64(most)}
	}
	if steps > m.left() {
		return &diag.LimitError{Limit: diag.LimitSteps, Max: m.limits.Steps}
	}
	m.thread.Steps += steps
	return nil
}

// left is how many steps are left.
func (m *meter) left() uint64 { return m.limits.Steps - min(m.thread.Steps, m.limits.Steps) }

// chargeWeight charges for each part of a value down to a depth, as often as it is
// in it: that is what comparing and hashing look at.
func (m *meter) chargeWeight(v sl.Value, depth int) error {
	w := weigher{ctx: m.ctx, left: m.left()}
	ended := w.add(v, depth)
	switch {
	case !ended && w.sum <= w.left:
		return canceled(m.ctx)
	case !ended, w.cut && depth == maxNesting:
		return &diag.LimitError{Limit: diag.LimitSteps, Max: m.limits.Steps}
	}
	m.thread.Steps += w.sum - 1 // the value itself is in the step
	return nil
}

// function returns the builtin that does what b does, and charges: the same one
// each time, since it is to be equal to itself in every file.
func (m *meter) function(b *sl.Builtin) *sl.Builtin {
	f, ok := m.functions[b]
	if !ok {
		f = charged(m, b)
		m.functions[b] = f
	}
	return f
}

// output counts what is printed, and reports whether that is within the limit.
func (m *meter) output(message string) bool {
	m.printed += int64(len(message)) + 1
	if m.printed > m.limits.Output {
		m.exceed(diag.LimitOutput, uint64(m.limits.Output))
		return false
	}
	return true
}

// stepsPerLook is how many steps at most lie between two looks at the memory: some
// ten microseconds of plain ones.
const stepsPerLook = 500

// onSteps is called by the interpreter when the thread's step count reaches the
// mark set here. The depth of calls can grow by two with one step, a builtin
// and the function that it calls, so it can't pass its limit before the next
// mark.
func (m *meter) onSteps(thread *sl.Thread) {
	depth := thread.CallStackDepth()
	switch {
	case thread.Steps > m.limits.Steps:
		m.exceed(diag.LimitSteps, m.limits.Steps)
	case depth > m.limits.CallDepth:
		m.exceed(diag.LimitCallDepth, uint64(m.limits.CallDepth))
	default:
		ahead := max(1, (m.limits.CallDepth-depth)/2)
		if m.watch.memory != nil {
			if m.watch.memory.outgrown() {
				thread.Cancel(stopped)
			}
			ahead = min(ahead, stepsPerLook)
		}
		mark := thread.Steps + uint64(ahead)
		if m.limits.Steps < math.MaxUint64 {
			mark = min(mark, m.limits.Steps+1)
		}
		thread.SetMaxExecutionSteps(mark)
	}
}

// exceed stops the run at the next step.
func (m *meter) exceed(limit string, most uint64) {
	if m.exceeded == nil {
		m.exceeded = &diag.LimitError{Limit: limit, Max: most}
	}
	m.thread.Cancel(stopped)
}
