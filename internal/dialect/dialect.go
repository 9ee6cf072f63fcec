// Package dialect chooses what names a script sees: those of a Clusterfile or
// those of a Tiltfile. It joins the interpreter's hooks to the builtins of the
// dialect, for the command and for tests of scripts.
package dialect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// Dialect is what names a run has.
type Dialect string

// The dialects.
const (
	Sextant  Dialect = "sextant"
	Tiltfile Dialect = "tiltfile"
)

// Parse reads the name of a dialect.
func Parse(name string) (Dialect, error) {
	if d := Dialect(name); d == Sextant || d == Tiltfile {
		return d, nil
	}
	return "", fmt.Errorf("want %s or %s", Sextant, Tiltfile)
}

// Of is the dialect of an entry file, by its name.
func Of(file string) Dialect {
	if tiltfile.Is(file) {
		return Tiltfile
	}
	return Sextant
}

// Describe returns what package analysis knows of the names of the dialect.
func (d Dialect) Describe() []analysis.Rows {
	if d == Tiltfile {
		return []analysis.Rows{builtins.Describe(), tiltfile.Describe()}
	}
	return []analysis.Rows{builtins.Describe(), {Hints: tiltfileHints()}}
}

// tiltfileHints are what to do about the names that only Tiltfiles have.
func tiltfileHints() map[string]string {
	known := builtins.Names()
	hints := map[string]string{}
	for _, name := range tiltfile.Names() {
		name, _, _ = strings.Cut(name, ".")
		if !slices.Contains(known, name) {
			hints[name] = name + " is a name of Tiltfiles: call the file Tiltfile, or evaluate it with --dialect tiltfile."
		}
	}
	for name, more := range map[string]string{
		"docker_build": " A Clusterfile builds nothing; it names images with Cluster.image(ref).",
		"custom_build": " A Clusterfile builds nothing; it names images with Cluster.image(ref).",
	} {
		if hints[name] != "" {
			hints[name] += more
		}
	}
	return hints
}

// errExtension is the error of an extension of Tilt in a Clusterfile.
var errExtension = errors.New("ext:// is for Tiltfiles: call the file Tiltfile, or evaluate it with --dialect tiltfile; a Clusterfile loads files below its root")

// Run is one run in a dialect.
type Run struct {
	*builtins.Run
	// Tiltfile is what a Tiltfile declared beside clusters; nil for a Clusterfile.
	Tiltfile *tiltfile.Run
}

// New makes the run of a script and sets the hooks of the engine for it. The engine
// must serve that run only.
func (d Dialect) New(engine *starlark.Engine, o builtins.Options, t tiltfile.Options) *Run {
	r := &Run{Run: builtins.New(o)}
	if d != Tiltfile {
		engine.Resolve = func(l starlark.LoadRequest) (string, bool, error) {
			if strings.HasPrefix(l.Path, "ext://") {
				return "", false, errExtension
			}
			return "", false, nil
		}
		return r
	}
	r.Tiltfile = tiltfile.New(r.Run, t)
	engine.ShareLoads = true
	engine.Resolve = func(l starlark.LoadRequest) (string, bool, error) {
		return r.Tiltfile.ResolveLoad(l.Executing, l.Path)
	}
	next := engine.Loader
	engine.Loader = func(ctx context.Context, name string) ([]byte, bool, error) {
		source, ok, err := r.Tiltfile.LoadSource(ctx, name)
		if ok || err != nil || next == nil {
			return source, ok, err
		}
		return next(ctx, name)
	}
	return r
}

// Plugin is the plugin of the run.
func (r *Run) Plugin() starlark.Plugin {
	if r.Tiltfile != nil {
		return r.Tiltfile
	}
	return r.Run
}

// LooksLikeTiltfile reports whether a Clusterfile failed for want of a name that
// only Tiltfiles have.
func LooksLikeTiltfile(err error) bool {
	var all starlark.ScriptErrors
	var one *starlark.ScriptError
	switch {
	case errors.As(err, &all):
	case errors.As(err, &one):
		all = starlark.ScriptErrors{one}
	}
	var names []string
	for _, e := range all {
		rest, ok := strings.CutPrefix(e.Message, "undefined: ")
		if !ok {
			continue
		}
		if names == nil {
			names = tiltfile.Names()
		}
		if name, _, _ := strings.Cut(rest, " "); slices.Contains(names, name) {
			return true
		}
	}
	return false
}
