package starlark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// Engine is how scripts run. The zero value of each field but Files is a
// working default. An engine may serve any number of runs at the same time, as
// long as nobody changes its fields.
type Engine struct {
	// Files is where scripts, and the data that plugins read for them, come
	// from. Names are slash-separated and relative to its root. Required.
	Files fs.FS

	// Limits bound one run.
	Limits Limits

	// Print receives each message of the print function, without a newline,
	// and the position of the call. Nil discards them.
	Print func(at diag.Position, message string)

	// Clock is the current time, as the time module of scripts returns it. Nil
	// means time.Now.
	Clock func() time.Time

	// Loader is asked for the contents of each script, the first one included,
	// before Files is. It gets the resolved name: relative to the root, or as
	// written where the name starts with "@", such as "@team/registry.star". It
	// reports ok false for a name that is not its own; a name with "@" is then
	// an error. Nil means that all scripts are in Files.
	//
	// A relative load inside an "@team/…" module stays inside "@team".
	Loader func(ctx context.Context, name string) (source []byte, ok bool, err error)

	// Resolve, if set, is asked first which file a load means. It reports ok
	// false for a path that is not its own, which is then relative to the calling
	// file. The name is relative to the root, or begins with "@" and is then the
	// Loader's.
	Resolve func(l LoadRequest) (name string, ok bool, err error)

	// Table, if set, describes what a file can use: for Check, and for what Run
	// suggests instead of a name that nothing defines.
	Table func(file string) *analysis.Table

	// ShareLoads makes the names that a load statement binds globals of the file, so
	// that a file which loads it can load them too, as in Tiltfiles.
	ShareLoads bool

	// OnStop, if set, receives why a run is made to end: ctx is done, or the script
	// went over Limits.Time or Limits.Memory. Run returns when the script has
	// done its current step, which may take any time. A program that can't wait
	// for that has to end its process.
	OnStop func(why error)

	// Cover, if set, is called once a run has ended, well or not, for each file
	// that it executed, in the order in which they began. A counted run does and
	// prints what a plain one does, but for limits: counting costs four steps a
	// statement, and where a limit strikes, the column may be another.
	Cover func(file string, blocks []CoverBlock)
}

// Run executes file, which is a path relative to the root of e.Files, and
// returns when its last statement is done and every plugin has ended.
//
// The plugins begin in the order given. The error is a [*ScriptError], or a
// [ScriptErrors] where a file has several mistakes that show before it runs, or
// what a plugin returned from Begin or End. It wraps a [*diag.LimitError] when a
// limit was exceeded, and a [*CanceledError] when ctx ended the run.
func (e *Engine) Run(ctx context.Context, file string, plugins ...Plugin) error {
	if e.Files == nil {
		return errors.New("starlark: Engine.Files is nil: set it to the file system that holds the scripts")
	}
	name, err := resolveName("", file)
	if err != nil {
		return fmt.Errorf("cannot run %s: %w", file, err)
	}
	if err := canceled(ctx); err != nil {
		return fmt.Errorf("cannot run %s: %w", name, err)
	}
	m := newMeter(ctx, e.Limits)
	defer m.close()
	ctx = m.ctx
	if e.OnStop != nil {
		defer whenDone(ctx, func() { e.OnStop(canceled(ctx)) })()
	}

	r, err := newRun(e, m, name, plugins)
	if err != nil {
		return err
	}
	defer m.stopWhenDone(ctx)()
	_, err = r.main()
	for _, c := range r.covered {
		e.Cover(c.file, c.blocks)
	}
	return r.end(err)
}
