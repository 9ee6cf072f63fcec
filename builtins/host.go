package builtins

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/data"
	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
)

// Host is what a plugin that wraps a [Run] works with: one that has another dialect
// for scripts, whose functions have other names, arguments and defaults and do the same
// in the end. Its methods may be called from Begin to End. It is for the dialects of this
// module, and some of its types are internal; a plugin of another module goes beside a
// Run and reads its values with [AsCluster] and the like.
type Host struct{ run *Run }

// Host returns the host of the run.
func (r *Run) Host() Host { return Host{r} }

// Options returns the options of the run, its limits made explicit.
func (h Host) Options() Options { return h.run.options }

// Context ends every wait of the run.
func (h Host) Context() context.Context { return h.run.ctx }

// Files is where scripts read.
func (h Host) Files() fs.FS { return h.run.files.fsys }

// Enter begins a call of a function of the wrapping plugin.
func (h Host) Enter(c *table.Call) error { return h.run.enter(c) }

// Here is the place in the script that is being executed.
func (h Host) Here() diag.Position { return h.run.here() }

// Warnf warns of something at a place of the script.
func (h Host) Warnf(at diag.Position, format string, args ...any) { h.run.warnf(at, format, args...) }

// Warn passes on a warning that the script makes itself, and counts its line against
// the limit of output.
func (h Host) Warn(c *table.Call, at diag.Position, line string) error {
	return h.run.warnAt(c, at, line)
}

// ArgsRead notes that the script has read the arguments after --.
func (h Host) ArgsRead() { h.run.config.Parsed = h.run.here() }

// ReadFile reads a regular file of the run's files, up to the limit.
func (h Host) ReadFile(name string) ([]byte, error) { return h.run.files.read(name) }

// Execute runs a program, if the run may, and returns its standard output. It must
// exit with status 0.
func (h Host) Execute(c Command) ([]byte, error) {
	return execute(h.run.ctx, h.run.options.Exec, c)
}

// Replays reports whether programs are answered for and not started.
func (h Host) Replays() bool {
	_, ok := h.run.options.Exec.(Replayer)
	return ok
}

// Blob makes a Blob of a string. source is what messages call it; scripts see the
// type under the name that the dialect has for it.
func (h Host) Blob(typeName, text, source string) sl.Value {
	return &blob{text: text, source: source, typeName: typeName}
}

// Encoded makes a Blob of a string that holds documents of YAML. [Documents] returns them,
// so that who reads the Blob need not parse it. Nobody may change them. They are nil if
// they are not known.
func (h Host) Encoded(typeName, text string, documents []any) sl.Value {
	return &blob{text: text, typeName: typeName, documents: documents}
}

// Documents are those of a Blob that [Host.Encoded] made, else nil.
func Documents(v sl.Value) []any {
	if b, ok := v.(*blob); ok {
		return b.documents
	}
	return nil
}

// Source is what messages call a string that [AsText] returns, "" for a str.
func Source(v sl.Value) string {
	if b, ok := v.(*blob); ok {
		return b.source
	}
	return ""
}

// DecodeJSON reads one JSON value, None for an empty string, and takes the last value of
// a duplicate key, with a warning. name is the file, for messages.
func (h Host) DecodeJSON(name, text string) (sl.Value, error) {
	if strings.TrimSpace(text) == "" {
		return sl.None, nil // what a program prints that has nothing to list
	}
	return data.DecodeLastJSON(name, text, h.warnDuplicate)
}

// DecodeYAMLStream reads any number of YAML documents, without the empty ones. It
// reads YAML 1.1 and makes it JSON, as Kubernetes does, and takes the last value of a
// duplicate key, with a warning.
func (h Host) DecodeYAMLStream(name, text string) ([]sl.Value, error) {
	return data.DecodeYAML11Stream(name, text, h.warnDuplicate)
}

// DecodeYAML is [Host.DecodeYAMLStream] for one document, None for an empty string.
func (h Host) DecodeYAML(name, text string) (sl.Value, error) {
	return data.DecodeYAML11(name, text, h.warnDuplicate)
}

func (h Host) warnDuplicate(message string) { h.Warnf(h.Here(), "%s", message) }

// EncodeJSON writes a value on one line.
func (h Host) EncodeJSON(v sl.Value) ([]byte, error) {
	return encodeJSON(v, h.run.options.Limits.Output)
}

// EncodeYAML writes a value as one document.
func (h Host) EncodeYAML(v sl.Value) ([]byte, error) {
	return encodeYAML(v, h.run.options.Limits.Output)
}

// EncodeYAMLStream writes each element of a sequence as a document.
func (h Host) EncodeYAMLStream(v sl.Value) ([]byte, error) {
	return encodeYAMLStream(v, h.run.options.Limits.Output)
}

// Exit is the error that ends a script early and well.
func Exit() error { return exited{} }

// Allow allows contexts, as allow_k8s_contexts does.
func (h Host) Allow(contexts ...string) { h.run.contexts.allow(contexts...) }

// DefaultCluster declares the cluster named default, for the kubeconfig's current
// context, unless the script has one of that name.
func (h Host) DefaultCluster() error {
	if h.defaultCluster() != nil {
		return nil
	}
	_, err := h.run.resolve(cluster.Declaration{
		Name: cluster.DefaultName,
		Spec: cluster.ClusterSpec{Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}},
	}, image.Flat)
	return err
}

func (h Host) defaultCluster() *clusterValue {
	if c := h.run.clusters.named(cluster.DefaultName); c != nil && c.decl.Spec.Connection.Kubernetes != nil {
		return c
	}
	return nil
}

// DefaultStatus waits for the cluster named default and returns its status.
func (h Host) DefaultStatus() (*cluster.ClusterStatus, error) {
	c := h.defaultCluster()
	if c == nil {
		return nil, errors.New("the script declares no cluster named default")
	}
	obs, err := c.observe()
	if err != nil {
		return nil, err
	}
	return &obs.Status, nil
}

// Guard fails with a [*ContextNotAllowedError] if the cluster named default is one
// that only the kubeconfig's current context chose and that is not allowed. It does not
// fail without a kubeconfig.
func (h Host) Guard() error {
	c := h.defaultCluster()
	if c == nil {
		return nil
	}
	err := c.mayReach()
	var refused *ContextNotAllowedError
	if errors.As(err, &refused) && refused.Context == "" {
		return nil
	}
	return err
}

// productCatalog is a catalog that knows of the current context, without connecting,
// what runs there.
type productCatalog interface {
	CurrentProduct() (context, product string, err error)
}

// MayUse sets the context that a command may use, none if there is none: that of the
// cluster named default, as far as the guard lets it, or else the current one if
// the script allows it by name or the kubeconfig reports that it is a local development
// cluster.
func (h Host) MayUse(cmd *Command) {
	if c := h.defaultCluster(); c != nil {
		if h.Guard() == nil {
			cmd.use(c)
		}
		return
	}
	contexts := &h.run.contexts
	if contexts.catalog == nil {
		return
	}
	if current, _, err := contexts.catalog.CurrentContext(); err == nil && contexts.allows(current) {
		cmd.Context = new(string)
		return
	}
	if c, ok := contexts.catalog.(productCatalog); ok {
		if _, product, err := c.CurrentProduct(); err == nil && cluster.LocalProduct(product) {
			cmd.Context = new(string)
		}
	}
}

// DefaultRegistry declares the registry of every cluster that has none of its own.
func (h Host) DefaultRegistry(c *table.Call, hosting *cluster.RegistryHosting) error {
	for _, e := range hosting.Validate(nil) {
		return c.Errorf("%s", registryFault(hosting, e.Field, e.Detail))
	}
	_, err := h.run.registry.declare(c, hosting, h.run.here())
	return err
}

// Locate adds a place where objects of some kind hold images.
func (h Host) Locate(c *table.Call, l manifest.Locator) error { return h.run.locators.add(c, l) }

// Locators are those added so far, nil for none.
func (h Host) Locators() *manifest.Locators { return h.run.locators.made }

// Manifests is one string or file of manifests.
type Manifests struct {
	// Name is the file's, or the name of the string in messages.
	Name, Text string
}

// Deliver adds manifests for the cluster named default to what Render writes. The
// images change that [Host.Want] names. One object may be in them twice: the caller
// checks for that.
func (h Host) Deliver(manifests ...Manifests) {
	c := h.defaultCluster()
	d := &delivery{
		site: h.run.site(), cluster: c, allowDuplicates: true,
		rewriting: &rewriting{cluster: c, policy: manifest.PullKeep, duplicateKeys: true},
	}
	for _, m := range manifests {
		d.sources = append(d.sources, textSource(&blob{text: m.Text, source: m.Name}))
	}
	h.run.deliveries = append(h.run.deliveries, d)
}

// WantedImage is an image of the cluster named default.
type WantedImage struct {
	// Ref is the image, At the call that declares it.
	Ref string
	At  diag.Position
	// InEnv also names it in env values and arguments.
	InEnv bool
	// Quiet suppresses the warning if no manifest uses it.
	Quiet bool
}

// Want declares an image on the cluster named default and names it. It is called
// when the script is done, so that it settles nothing too early. ok is false if the
// cluster is not connected, or there is none.
func (h Host) Want(w WantedImage) (names image.Names, ok bool, err error) {
	c := h.defaultCluster()
	if c == nil {
		return names, false, nil
	}
	in, err := c.names(fmt.Sprintf("the name of image %q on cluster %s", w.Ref, c.decl.Name))
	if errors.As(err, new(*NotReadyError)) {
		return names, false, nil
	}
	if err != nil {
		return names, false, err
	}
	req := image.Request{Ref: w.Ref}
	if names, err = in.namer.Names(req); err != nil {
		return names, false, err
	}
	if err := c.claim(names, w.At); err != nil {
		return names, false, err
	}
	wanted := newWanted(req, w.At)
	wanted.notInEnv, wanted.used = !w.InEnv, w.Quiet
	c.wanted.add(wanted)
	for _, d := range h.run.deliveries {
		if d.cluster == c && w.InEnv {
			d.rewriting.env = true
		}
	}
	return names, true, nil
}
