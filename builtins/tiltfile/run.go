package tiltfile

import (
	"cmp"
	"context"
	"io/fs"
	"path"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/diag"
)

// Is reports whether a script of this name is a Tiltfile: Tiltfile, Tiltfile.* or
// *.tiltfile. The name may have folders before it.
func Is(name string) bool {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	return base == "Tiltfile" || strings.HasPrefix(base, "Tiltfile.") || strings.HasSuffix(base, ".tiltfile")
}

// Subcommand is what config.tilt_subcommand is: the command of Tilt that evaluates
// a script and deploys nothing, as Sextant does. A script that does something only
// for "up" or "down" does not do it here.
const Subcommand = "alpha tiltfile-result"

// Options are what a Tiltfile needs beside the options of the wrapped run.
type Options struct {
	// Entry is the first file, a name of the run's files.
	Entry string
	// Extensions is a checkout of an extensions repository, nil for none, and
	// ExtensionsDir its absolute, slash-separated path, for the programs that its
	// scripts run. If that is empty, they see the checkout as @ext below the root.
	Extensions    fs.FS
	ExtensionsDir string
}

// Run is the plugin of one run of a Tiltfile. It serves once. It joins what the
// functions of each noun keep.
type Run struct {
	*builtins.Run
	host    builtins.Host
	options Options

	// What a script works with.
	script   script
	paths    paths
	loads    loads
	env      *environ
	programs programs
	config   config

	// What it declares.
	images   images
	steps    steps
	kube     kube
	compose  composeProjects
	declared declarations // resources of every kind
	mode     defaultMode  // of resources that have none of their own
	objects  objects
	settings Settings

	// What is made of it when the script is done.
	builds    []Build
	resources []Resource
	projects  []ComposeProject
}

// New returns a plugin that provides scripts with the names of a Tiltfile. It takes the
// place of inner, whose results are its own.
func New(inner *builtins.Run, o Options) *Run {
	host := inner.Host()
	r := &Run{
		Run: inner, host: host, options: o,
		script: script{host: host},
		paths:  paths{host: host, entry: o.Entry, extensions: o.ExtensionsDir},
		env:    newEnviron(host.Options().Env),
	}
	r.loads = loads{host: host, paths: &r.paths, objects: &r.objects, checkout: o.Extensions, standIns: map[string]bool{}}
	r.programs = programs{host: host, env: r.env}
	r.steps = steps{script: &r.script}
	r.config = config{host: host, paths: &r.paths, script: &r.script}
	r.kube = kube{host: host, paths: &r.paths, script: &r.script}
	r.compose = composeProjects{host: host, paths: &r.paths, declared: &r.declared}
	return r
}

// Begin starts the run: it returns the names that scripts see.
func (r *Run) Begin(ctx context.Context, files fs.FS) (sl.StringDict, error) {
	if r.options.Extensions != nil {
		files = mounted{files, r.options.Extensions}
	}
	names, err := r.Run.Begin(ctx, files)
	if err != nil {
		return nil, err
	}
	functions().Declare(names, r, r.host.Enter)
	return names, declareValues(names, r)
}

// FileNames are __file__ and __name__ of a file, and native of a stand-in for an
// extension.
func (r *Run) FileNames(file string) (sl.StringDict, error) {
	name := file
	if file == r.options.Entry {
		name = "__main__"
	}
	names := sl.StringDict{
		"__file__": sl.String(r.paths.location(file)),
		"__name__": sl.String(name),
	}
	if r.loads.standIns[file] {
		nativeFunctions().Declare(names, r, r.host.Enter)
	}
	return names, nil
}

// ResolveLoad returns the file that a load means. It is for the engine's hook.
func (r *Run) ResolveLoad(executing, p string) (name string, ok bool, err error) {
	return r.loads.resolve(executing, p)
}

// LoadSource returns the contents of a file of an extension, ok false for any other
// file. It is for the engine's hook.
func (r *Run) LoadSource(ctx context.Context, name string) (source []byte, ok bool, err error) {
	return r.loads.source(ctx, name)
}

// End assembles the resources and ends the wrapped run.
func (r *Run) End(err error) error {
	if err != nil {
		r.loads.explainMissingName(err)
		return r.Run.End(err)
	}
	if err := r.assemble(); err != nil {
		// The wrapped run must release what it holds.
		if ended := r.Run.End(err); ended != nil {
			return ended
		}
		return err
	}
	return r.Run.End(nil)
}

// assemble makes resources of what the script declared, as Tilt does when a script
// is done, and checks what only shows then.
func (r *Run) assemble() error {
	r.projects = r.compose.finish()
	if err := r.declared.settle(); err != nil {
		return err
	}
	if err := r.images.link(); err != nil {
		return err
	}
	if err := r.kube.findImages(&r.images); err != nil {
		return err
	}
	g := grouping{&r.kube, &r.declared}
	if err := g.nameWorkloads(); err != nil {
		return err
	}
	if err := g.apply(); err != nil {
		return err
	}
	if r.kube.first != nil {
		if err := r.host.Guard(); err != nil {
			return r.kube.first.fault(err)
		}
	}
	g.collectRest()
	if err := r.images.match(&r.declared); err != nil {
		return err
	}
	if err := r.images.checkCycles(); err != nil {
		return err
	}
	if err := r.images.checkLiveUpdates(r.paths.root(), &r.declared); err != nil {
		return err
	}
	if err := r.steps.checkUsed(); err != nil {
		return err
	}
	if err := r.declared.checkDependencies(r.host); err != nil {
		return err
	}
	if err := r.config.enable(&r.declared); err != nil {
		return err
	}
	for _, d := range r.declared.ordered() {
		if d.TriggerMode == "" {
			d.TriggerMode = cmp.Or(string(r.mode.mode), string(triggerAuto))
		}
		r.resources = append(r.resources, *d.Resource)
	}
	var suppressed []string
	if u := r.settings.Update; u != nil {
		suppressed = u.UnusedImages
	}
	var err error
	r.builds, err = r.images.name(r.host, suppressed)
	return err
}

// Builds returns the images that the script can build, in the order of the
// calls. It is empty until the run has ended well, as are the others.
func (r *Run) Builds() []Build { return r.builds }

// BuildFiles are the files of the run by the names that builds have for them: below the
// root, or absolute in the checkout of extensions.
func (r *Run) BuildFiles() fs.FS { return buildFiles{r} }

// Resources returns what would run, in the order of declaration: the resources of
// manifests, then services, then local ones.
func (r *Run) Resources() []Resource { return r.resources }

// ComposeProjects returns the projects of docker_compose.
func (r *Run) ComposeProjects() []ComposeProject { return r.projects }

// Settings returns what the script asks of Tilt itself.
func (r *Run) Settings() Settings { return r.settings }

// Objects returns the objects of v1alpha1 functions, in the order of the calls.
func (r *Run) Objects() []Object { return r.objects }

// script is where a run is in its script.
type script struct {
	host  builtins.Host
	sites int
}

// here is the place in the script of the call that is being executed: where it
// calls the function of an extension, for what that does.
func (s *script) here(c *call) diag.Position {
	for i := range c.Thread.CallStackDepth() {
		if pos := c.Thread.CallFrame(i).Pos; pos.Line > 0 && !IsExtension(pos.Filename()) {
			return diag.Position{File: pos.Filename(), Line: int(pos.Line), Column: int(pos.Col)}
		}
	}
	return s.host.Here()
}

// site is the call that is being executed.
func (s *script) site(c *call) site {
	s.sites++
	return site{at: s.here(c), stack: c.Thread.CallStack(), order: s.sites}
}

// site is a call in the script, for errors that show when the script is done.
type site struct {
	at    diag.Position
	stack sl.CallStack
	// order is that of the calls.
	order int
}

// fault makes err one about the call.
func (s site) fault(err error) error { return builtins.FaultAt(s.stack, err) }
