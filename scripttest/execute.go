package scripttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/starlark"
)

var _ starlark.Plugin = asserts{}

// outcome is what one run of a script came to.
type outcome struct {
	run *builtins.Run
	// said is what it printed and warned of, in order.
	said string
	// err is how the script failed, nil where it did not.
	err error
	// made is what the run makes of each golden file of the test that has a
	// kind.
	made map[string]made
}

// made is what a run makes of a golden file, or why it cannot.
type made struct {
	data []byte
	err  error
}

// execute runs the script of a test once. The error is that of a test that
// cannot run; cover, if set, takes the counts of each file.
func (c *Config) execute(ctx context.Context, t *testCase, cover func(file string, blocks []starlark.CoverBlock)) (*outcome, error) {
	s := t.place.store
	options, err := c.options(t.place)
	if err != nil {
		return nil, err
	}
	files, release, err := s.open()
	if err != nil {
		return nil, err
	}
	defer release()

	var said strings.Builder
	options.Warn = func(w builtins.Warning) { fmt.Fprintln(&said, w) }
	script := s.script(t.file)
	engine := starlark.Engine{
		Files:  files,
		Limits: c.Limits,
		Print:  func(_ starlark.Position, message string) { fmt.Fprintln(&said, message) },
		Clock:  Clock,
		Cover:  cover,
	}
	o := &outcome{run: builtins.New(options), made: map[string]made{}}
	plugins := []starlark.Plugin{o.run}
	if Names(t.file) != nil {
		plugins = append(plugins, asserts{})
	}
	if c.Plugins != nil {
		plugins = append(plugins, c.Plugins()...)
	}
	if t.function == "" {
		o.err = engine.Run(ctx, script, plugins...)
	} else {
		engine.Loader, script = caller(script, t.function)
		o.err = withoutCaller(script, engine.Run(ctx, script, plugins...))
	}
	o.said = said.String()
	// Manifests are read again as they are written, so here and not later.
	for _, name := range t.goldens {
		if g, ok := kindOf(name); ok {
			o.made[name] = g.make(o)
		}
	}
	return o, nil
}

// options reads the inputs of the tests of a place.
func (c *Config) options(p *place) (builtins.Options, error) {
	options := builtins.Options{Resolver: c.Resolver, Catalog: c.Catalog}
	if !c.live() {
		if err := p.recording.load(p.store); err != nil {
			return options, err
		}
		options.Resolver, options.Catalog = &p.recording, &p.recording
		if c.wrap != nil {
			options.Resolver = c.wrap(options.Resolver)
		}
	}
	var err error
	if options.Args, err = lines(p.store, "args"); err != nil {
		return options, err
	}
	if options.Env, err = lines(p.store, "env"); err != nil {
		return options, err
	}
	for i, line := range options.Env {
		if name, _, ok := strings.Cut(line, "="); line != "" && (!ok || name == "") {
			return options, fmt.Errorf("env:%d: %q is not of the form KEY=VALUE", i+1, line)
		}
	}
	options.Env = slices.DeleteFunc(options.Env, func(line string) bool { return line == "" })
	return options, nil
}

// lines returns the lines of an input, none where there is no such file.
func lines(s store, name string) ([]string, error) {
	data, err := s.read(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(data) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := strings.TrimSuffix(strings.ReplaceAll(string(withoutBOM(data)), "\r\n", "\n"), "\n")
	return strings.Split(text, "\n"), nil
}

// caller makes the script that calls one function of a file, and the loader
// that gives its text. It stands beside the file, under a name that says what
// it does.
func caller(script, name string) (load func(context.Context, string) ([]byte, bool, error), main string) {
	main = script + ":" + name
	text := fmt.Sprintf("load(%s, %q)\n%s()\n", strconv.Quote(path.Base(script)), name, name)
	return func(_ context.Context, asked string) ([]byte, bool, error) {
		return []byte(text), asked == main, nil
	}, main
}

// withoutCaller drops the frames of a calling script from an error: nobody
// wrote it.
func withoutCaller(main string, err error) error {
	var one *starlark.ScriptError
	var all starlark.ScriptErrors
	switch {
	case errors.As(err, &all):
		out := make(starlark.ScriptErrors, len(all))
		for i, e := range all {
			out[i] = trimFrames(main, e)
		}
		return out
	case errors.As(err, &one):
		return trimFrames(main, one)
	}
	return err
}

func trimFrames(main string, e *starlark.ScriptError) *starlark.ScriptError {
	if len(e.Frames) < 2 || e.Frames[0].File != main {
		return e
	}
	trimmed := *e
	trimmed.Frames = e.Frames[1:]
	return &trimmed
}
