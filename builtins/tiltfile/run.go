package tiltfile

import (
	"context"
	"io/fs"
	"path"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
)

// Is reports whether a script of this name is a Tiltfile: Tiltfile, Tiltfile.* or
// *.tiltfile. The name may have folders before it.
func Is(name string) bool {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	return base == "Tiltfile" || strings.HasPrefix(base, "Tiltfile.") || strings.HasSuffix(base, ".tiltfile")
}

// Run is the plugin of one run of a Tiltfile. It serves once.
type Run struct {
	*builtins.Run

	builds    []Build
	resources []Resource
	projects  []ComposeProject
	settings  Settings
	objects   []Object
}

// New returns a plugin that gives scripts the names of a Tiltfile. It takes the
// place of inner, whose results are its own.
func New(inner *builtins.Run) *Run { return &Run{Run: inner} }

// Begin starts the run.
func (r *Run) Begin(ctx context.Context, files fs.FS) (sl.StringDict, error) {
	return r.Run.Begin(ctx, files)
}

// Builds returns the images that the script says how to build, in the order of the
// calls. It is empty until the run has ended well, as are the others.
func (r *Run) Builds() []Build { return r.builds }

// Resources returns what would run, in the order of declaration: the resources of
// manifests after those that the script names.
func (r *Run) Resources() []Resource { return r.resources }

// ComposeProjects returns the projects of docker_compose.
func (r *Run) ComposeProjects() []ComposeProject { return r.projects }

// Settings returns what the script asks of Tilt itself.
func (r *Run) Settings() Settings { return r.settings }

// Objects returns the objects of v1alpha1 functions, in the order of the calls.
func (r *Run) Objects() []Object { return r.objects }
