package starlark

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	timelib "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// stopped is the reason given to the interpreter when a run must stop; what
// stopped it is in run.limit or run.ctx.
const stopped = "the run was stopped"

// run is the state of one Run: one thread, used by one goroutine.
type run struct {
	ctx     context.Context
	print   func(at diag.Position, message string)
	limits  Limits
	memory  *memory // nil without a limit of it
	thread  *sl.Thread
	names   sl.StringDict // what plugins added
	namers  []FileNamer
	resolve func(LoadRequest) (string, bool, error)
	first   string // the first file
	sources *sources
	cover   bool                     // whether statements are counted
	covered []*counter               // of the files executed, in their order
	modules map[string]sl.StringDict // globals of the files loaded, by name
	// functions are those that charge, by what they are without that.
	functions map[*sl.Builtin]*sl.Builtin
	loading   []string         // files begun and not done, outermost first
	printed   int64            // bytes
	limit     *diag.LimitError // the limit that stopped the run
}

func newRun(ctx context.Context, e *Engine, limits Limits, m *memory, first string, plugins []Plugin, names sl.StringDict) *run {
	r := &run{
		ctx:       ctx,
		print:     e.Print,
		limits:    limits,
		memory:    m,
		names:     names,
		resolve:   e.Resolve,
		first:     first,
		sources:   newSources(e, limits),
		cover:     e.Cover != nil,
		modules:   map[string]sl.StringDict{},
		functions: map[*sl.Builtin]*sl.Builtin{},
	}
	for _, p := range plugins {
		if namer, ok := p.(FileNamer); ok {
			r.namers = append(r.namers, namer)
		}
	}
	r.thread = &sl.Thread{Name: "sextant", Print: r.onPrint, Load: r.load, OnMaxSteps: r.onSteps}
	r.thread.SetMaxExecutionSteps(1)
	now := e.Clock
	if now == nil {
		now = time.Now
	}
	timelib.SetNow(r.thread, func() (time.Time, error) { return now(), nil })
	return r
}

// main executes the first file.
func (r *run) main(name string) (err error) {
	defer r.caught(name, &err)
	if _, err := r.execute(name); err != nil {
		return r.scriptError(name, err)
	}
	return nil
}

// end ends the plugins of a script that ended well. They may call its functions.
func (r *run) end(name string, plugins []Plugin) (err error) {
	defer r.caught(name, &err)
	return r.located(endPlugins(r.ctx, plugins, nil))
}

// execute runs a file that has not run yet and returns its globals.
func (r *run) execute(name string) (sl.StringDict, error) {
	src, err := r.sources.read(r.ctx, name)
	if err != nil {
		return nil, err
	}
	program, names, err := r.compile(name, src)
	if err != nil {
		if mistakes := r.sources.mistakes(err, name, scriptFrames(r.thread.CallStack()), names.Keys()); mistakes != nil {
			return nil, &staticError{mistakes}
		}
		return nil, err
	}
	r.loading = append(r.loading, name)
	globals, err := program.Init(r.thread, names)
	removeGates(globals)
	if err != nil {
		return nil, err
	}
	r.loading = r.loading[:len(r.loading)-1]
	return globals, nil
}

// compile returns the program of a file and the names it runs with.
func (r *run) compile(name, src string) (*sl.Program, sl.StringDict, error) {
	names := r.names
	f, err := parse(name, src, r.sources.engine.options())
	if err != nil {
		return nil, names, err
	}
	names = maps.Clone(names)
	for _, namer := range r.namers {
		own, err := namer.FileNames(name)
		if err != nil {
			return nil, names, err
		}
		for n, v := range own {
			names[n] = guard(v)
		}
	}
	if r.cover {
		c := instrument(f)
		r.covered = append(r.covered, c)
		names[counterName] = c
	}
	gateFile(f)
	addKeys(f, names)
	r.addGates(names)
	program, err := sl.FileProgram(f, analysis.Predeclared(names.Has, sl.Universe.Has))
	return program, names, err
}

// load implements the load statement, and the loads of builtins.
func (r *run) load(thread *sl.Thread, path string) (sl.StringDict, error) {
	name, err := resolveLoad(r.resolve, LoadRequest{Path: path, Calling: r.calling(), Executing: r.executing()})
	if err != nil {
		return nil, err
	}
	if globals, ok := r.modules[name]; ok {
		return globals, nil
	}
	if err := cycle(r.loading, name); err != nil {
		return nil, err
	}
	if len(r.loading) > r.limits.LoadDepth {
		return nil, &diag.LimitError{Limit: diag.LimitLoadDepth, Max: uint64(r.limits.LoadDepth)}
	}
	globals, err := r.execute(name)
	if err != nil {
		if name != path && !strings.HasPrefix(name, "@") { // a module's is of no use to people
			err = fmt.Errorf("%s: %w", name, err)
		}
		return nil, err
	}
	if err := r.freeze(globals); err != nil {
		return nil, err
	}
	r.modules[name] = globals
	return globals, nil
}

// calling returns the file whose code is running: builtins have none.
func (r *run) calling() string {
	for i := range r.thread.CallStackDepth() {
		if pos := r.thread.CallFrame(i).Pos; pos.Line > 0 {
			return pos.Filename()
		}
	}
	return r.first
}

// executing returns the file whose statements are being executed. When the last
// one is done, plugins may still call functions; the first file counts then.
func (r *run) executing() string {
	if last := len(r.loading) - 1; last >= 0 {
		return r.loading[last]
	}
	return r.first
}

// cycle reports that name is among the files being loaded.
func cycle(loading []string, name string) error {
	i := slices.Index(loading, name)
	if i < 0 {
		return nil
	}
	return errors.New("load cycle: " + strings.Join(append(slices.Clone(loading[i:]), name), " -> "))
}

// onPrint implements print.
func (r *run) onPrint(thread *sl.Thread, message string) {
	r.printed += int64(len(message)) + 1
	if r.printed > r.limits.Output {
		r.exceed(diag.LimitOutput, uint64(r.limits.Output))
		return
	}
	if r.print != nil {
		r.print(position(thread.CallFrame(1).Pos), message)
	}
}

// stepsPerLook is how many steps at most lie between two looks at the memory: some
// ten microseconds of plain ones.
const stepsPerLook = 500

// onSteps is called by the interpreter when the thread's step count reaches the
// mark set here. The depth of calls can grow by two with one step, a builtin
// and the function that it calls, so it can't pass its limit before the next
// mark.
func (r *run) onSteps(thread *sl.Thread) {
	depth := thread.CallStackDepth()
	switch {
	case thread.Steps > r.limits.Steps:
		r.exceed(diag.LimitSteps, r.limits.Steps)
	case depth > r.limits.CallDepth:
		r.exceed(diag.LimitCallDepth, uint64(r.limits.CallDepth))
	default:
		ahead := max(1, (r.limits.CallDepth-depth)/2)
		if r.memory != nil {
			if r.memory.outgrown() {
				thread.Cancel(stopped)
			}
			ahead = min(ahead, stepsPerLook)
		}
		mark := thread.Steps + uint64(ahead)
		if r.limits.Steps < math.MaxUint64 {
			mark = min(mark, r.limits.Steps+1)
		}
		thread.SetMaxExecutionSteps(mark)
	}
}

// exceed stops the run at the next step.
func (r *run) exceed(limit string, most uint64) {
	if r.limit == nil {
		r.limit = &diag.LimitError{Limit: limit, Max: most}
	}
	r.thread.Cancel(stopped)
}
