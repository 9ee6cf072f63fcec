package starlark

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	timelib "go.starlark.net/lib/time"
	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// run is the state of one Run: one thread, used by one goroutine. It joins what the
// files of a script have in common: how one is loaded, how it is executed, and what
// becomes of its failure.
type run struct {
	ctx     context.Context
	meter   *meter
	thread  *sl.Thread // of the meter
	print   func(at diag.Position, message string)
	plugins []Plugin
	names   sl.StringDict // what plugins added
	namers  []FileNamer
	resolve func(LoadRequest) (string, bool, error)
	first   string // the first file
	sources *sources
	cover   bool                     // whether statements are counted
	covered []*counter               // of the files executed, in their order
	modules map[string]sl.StringDict // globals of the files loaded, by name
	loading []string                 // files begun and not done, outermost first
}

// newRun begins the plugins and returns the run of a file. If one fails to begin, it
// ends those that have begun.
func newRun(e *Engine, m *meter, first string, plugins []Plugin) (*run, error) {
	active, names, err := beginPlugins(m.ctx, e.Files, plugins)
	if err != nil {
		return nil, endPlugins(m.ctx, active, err)
	}
	r := &run{
		ctx:     m.ctx,
		meter:   m,
		thread:  m.thread,
		print:   e.Print,
		plugins: active,
		names:   names,
		resolve: e.Resolve,
		first:   first,
		sources: newSources(e, m.limits),
		cover:   e.Cover != nil,
		modules: map[string]sl.StringDict{},
	}
	for _, p := range active {
		if namer, ok := p.(FileNamer); ok {
			r.namers = append(r.namers, namer)
		}
	}
	r.thread.Print, r.thread.Load = r.onPrint, r.load
	now := e.Clock
	if now == nil {
		now = time.Now
	}
	timelib.SetNow(r.thread, func() (time.Time, error) { return now(), nil })
	return r, nil
}

// main executes the first file and returns its globals.
func (r *run) main() (globals sl.StringDict, err error) {
	defer r.caught(r.first, &err)
	if globals, err = r.execute(r.first); err != nil {
		return nil, r.scriptError(r.first, err)
	}
	return globals, nil
}

// end ends the plugins and returns the error of the run. Those of a script that
// ended well may call its functions.
func (r *run) end(scriptErr error) (err error) {
	if scriptErr != nil {
		return endPlugins(r.ctx, r.plugins, scriptErr)
	}
	defer r.caught(r.first, &err)
	return r.located(endPlugins(r.ctx, r.plugins, nil))
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
	addGates(r.meter, names)
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
	if len(r.loading) > r.meter.limits.LoadDepth {
		return nil, &diag.LimitError{Limit: diag.LimitLoadDepth, Max: uint64(r.meter.limits.LoadDepth)}
	}
	globals, err := r.execute(name)
	if err != nil {
		if name != path && !strings.HasPrefix(name, "@") { // a module's is of no use to people
			err = fmt.Errorf("%s: %w", name, err)
		}
		return nil, err
	}
	if err := freeze(r.meter, globals); err != nil {
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
	if r.meter.output(message) && r.print != nil {
		r.print(position(thread.CallFrame(1).Pos), message)
	}
}
