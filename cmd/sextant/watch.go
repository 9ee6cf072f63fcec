package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/cluster/watch"
	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/internal/printer"
)

func newWatchCommand(a *app) *cobra.Command {
	var script scriptFlags
	var format formatFlag
	var limit time.Duration
	cmd := &cobra.Command{
		Use:   "watch [flags] [FILE] [-- ARGS]",
		Short: "Keep the statuses of a script's clusters up to date, and print what changes",
		Long: `Watch runs FILE, by default ./Clusterfile, and keeps the statuses of its clusters
up to date until it is interrupted, or for as long as --for allows. It probes each
cluster every 15 seconds, and follows the kubeconfig and the docker configuration.
It runs the script again only if something that the script read has changed.

With -o json each change is one line: its type (ADDED, MODIFIED or DELETED), its
reason, and the cluster. With -o table, a terminal shows the current table.`,
		Example: `  sextant watch
  sextant watch -o json | jq -r 'select(.reason == "Disconnected") | .object.metadata.name'`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			return cmp.Or(atMostOne(cmd, own, "FILE"), format.check())
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if script.clusters != "" {
				return usagef("watch connects to the clusters: leave %s out", spelled(cmd, "clusters"))
			}
			if script.trust.untrusted || len(script.trust.hosts) > 0 {
				return usagef("watch keeps connections, and --untrusted and --allow-host guard only those of one run: use eval")
			}
			if script.from != "" {
				return usagef("watch connects to the clusters, and a hub has no credentials for them: leave %s out, or run kubectl get sxc --watch on the hub", spelled(cmd, "clusters-from"))
			}
			own, forScript := scriptArgs(cmd, args)
			return watchScript(cmd.Context(), a, scriptRun{flags: &script, file: first(own), args: forScript}, format.value, limit)
		},
	}
	script.add(cmd)
	format.add(cmd, watchFormats)
	cmd.Flags().Var((*timeLimit)(&limit), "for", "how long to watch, such as 10m; 0 means until interrupted")
	return cmd
}

// watchFormats are the formats of events, the default first.
var watchFormats = []string{"table", "json"}

// look is how often the files that the script read are looked at.
const look = 500 * time.Millisecond

// watchScript keeps the statuses of a script's clusters up to date until ctx is done,
// nobody reads the events any more, or the time is over that starts with the first
// evaluation; 0 is no limit.
func watchScript(ctx context.Context, a *app, run scriptRun, format string, limit time.Duration) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	script, err := run.open(ctx)
	if err != nil {
		return err
	}
	defer script.close()
	run.flags.complete(script.project)
	live := watch.NewLive(ctx, watch.LiveOptions{
		Kube:    kube.Options{Kubeconfig: run.flags.kubeconfig, Stderr: a.console},
		Timeout: run.flags.timeout,
		Warn:    func(text string) { a.console.Printf("warning: %s", text) },
	})
	defer live.Close()
	w := watch.New(watch.Options{Source: live, Timeout: run.flags.timeout})
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel(nil)
	running.Go(func() { w.Run(ctx) })

	e := &evaluation{app: a, run: run, live: live, watcher: w, root: script.files}
	if err := e.evaluate(ctx); err != nil {
		return err
	}
	events := make(chan watch.Event)
	running.Go(func() { forward(ctx, events, w.Events(ctx)) })
	var over <-chan time.Time
	if limit > 0 {
		over = time.After(limit)
	}
	return e.follow(ctx, events, over, &eventPrinter{app: a, format: format, watcher: w})
}

// forward sends the events until ctx is done.
func forward(ctx context.Context, to chan<- watch.Event, events iter.Seq[watch.Event]) {
	for event := range events {
		select {
		case to <- event:
		case <-ctx.Done():
		}
	}
}

// eventPrinter prints what has changed: lines of JSON as they come, or the table of all
// clusters for the events since the last one. A fleet that begins has as many events as
// clusters, and one table for each would take a while.
type eventPrinter struct {
	app     *app
	format  string
	watcher *watch.Watcher
	// lines are the events since the last table, on a terminal the last one.
	lines []string
}

func (p *eventPrinter) event(event watch.Event) error {
	if p.format != "json" {
		if isTerminal(p.app.raw) {
			p.lines = nil
		}
		p.lines = append(p.lines, fmt.Sprintf("%s %s %s: %s\n", time.Now().Format(time.TimeOnly), event.Type, event.Object.Name, event.Reason))
		return nil
	}
	line, err := json.Marshal(event)
	if err != nil {
		return err
	}
	_, err = p.app.stdout.Write(append(line, '\n'))
	return err
}

// table prints the table, if something has changed.
func (p *eventPrinter) table() error {
	if len(p.lines) == 0 {
		return nil
	}
	if isTerminal(p.app.raw) {
		if _, err := io.WriteString(p.app.raw, "\x1b[H\x1b[2J"); err != nil { // to the top, and clear
			return err
		}
	}
	var table bytes.Buffer
	for _, line := range p.lines {
		table.WriteString(line)
	}
	p.lines = nil
	if err := printer.List(&table, "table", p.watcher.List()); err != nil {
		return err
	}
	table.WriteByte('\n')
	_, err := p.app.stdout.Write(table.Bytes())
	return err
}

// evaluation runs the script, and knows what it read.
type evaluation struct {
	app     *app
	run     scriptRun
	live    *watch.Live
	watcher *watch.Watcher
	// root is where the script reads.
	root fs.FS

	// declared are the clusters of the last evaluation that did not fail. names are
	// the files that the script read, facts what it read of the
	// kubeconfig itself, observed the clusters of which it read a status.
	names    []string
	declared []cluster.Declaration
	facts    *cluster.KubeconfigFacts
	observed []string
	// stamp is of the files as they were looked at last; contents is a hash of
	// them as they were at the stamp hashed.
	stamp, hashed, contents string
	// statuses is a hash of the observed ones, "" if there was an event since.
	statuses string
	// read is a hash of all that the script read.
	read string
	// repeated is set if the script was run again since files changed while it ran.
	repeated bool
}

// follow prints each event, and runs the script again if what it read has changed. It
// returns when the time is over, ctx is done or nobody reads the events.
func (e *evaluation) follow(ctx context.Context, events <-chan watch.Event, over <-chan time.Time, out *eventPrinter) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case event := <-events:
			e.statuses = ""
			if err := out.event(event); err != nil {
				return err
			}
			continue // to the next: what the script read is looked at once for all of them
		case <-tick.C:
			if err := out.table(); err != nil {
				return err
			}
		case <-over:
			return out.table()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if !e.outdated() {
			continue
		}
		if err := e.evaluate(ctx); err != nil && ctx.Err() == nil {
			e.app.exitCode(ctx, err) // shows it; the clusters stay as they were declared
			e.app.console.Printf("sextant: going on with the clusters declared before")
		}
	}
}

// evaluate runs the script on what is watched, and has the watcher watch what it
// declares. If it fails, that stays as it was.
func (e *evaluation) evaluate(ctx context.Context) error {
	k := e.live.Kubeconfig()
	defer k.Close()
	run := e.run
	run.watched = &connections{resolver: e.watcher, catalog: k, pin: k.Pinned}
	files := &readFiles{hashes: map[string]string{}}
	run.files = func(inner fs.FS) fs.FS {
		files.FS = inner
		return files
	}
	err := e.app.execute(ctx, run, func(r *dialect.Run) error {
		e.facts, e.observed = r.Clusters().Kubeconfig, r.Observed()
		e.declared = r.Declarations()
		return nil
	})
	e.watcher.Set(e.declared)
	e.note(files, k)
	return err
}

// note notes what the script read.
func (e *evaluation) note(files *readFiles, k cluster.Catalog) {
	e.names = slices.Sorted(maps.Keys(files.hashes))
	e.stamp, e.statuses = e.look(), ""
	e.contents, e.hashed = files.contents(e.names), e.stamp
	// What changed while the script ran is read by another run. It is not by a third
	// one: that script changes what it reads itself.
	now := e.hashFiles()
	e.repeated = now != e.contents && !e.repeated
	if !e.repeated {
		e.contents = now
	}
	e.read = e.state(k)
	e.contents = now
}

// outdated reports whether something that the script read is no longer as it was.
// Files that have just changed may be being written: they count at the next look.
func (e *evaluation) outdated() bool {
	if stamp := e.look(); stamp != e.stamp {
		e.stamp = stamp
		return false
	}
	k := e.live.Kubeconfig()
	defer k.Close()
	return e.state(k) != e.read
}

// look returns a stamp of the files, without reading them.
func (e *evaluation) look() string {
	var b strings.Builder
	for _, name := range e.names {
		if info, err := fs.Stat(e.root, name); err == nil {
			fmt.Fprintf(&b, "%s %s %d %d\n", name, info.Mode(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// state returns a hash of what the script read, as it is now.
func (e *evaluation) state(k cluster.Catalog) string {
	if e.hashed != e.stamp {
		e.hashed, e.contents = e.stamp, e.hashFiles()
	}
	hash := sha256.New()
	fmt.Fprintln(hash, e.contents)
	if e.facts != nil && e.facts.Current != nil {
		name, namespace, err := k.CurrentContext()
		fmt.Fprintln(hash, name, namespace, err)
	}
	if e.facts != nil && e.facts.Contexts != nil {
		names, err := k.Contexts()
		fmt.Fprintln(hash, names, err)
	}
	if e.statuses == "" {
		e.statuses = e.hashStatuses()
	}
	fmt.Fprintln(hash, e.statuses)
	return hex.EncodeToString(hash.Sum(nil))
}

// hashStatuses returns a hash of the statuses that the script read.
func (e *evaluation) hashStatuses() string {
	hash := sha256.New()
	observed := map[string]bool{}
	for _, name := range e.observed {
		observed[name] = true
	}
	for _, c := range e.watcher.List().Items {
		if observed[c.Name] {
			status, err := json.Marshal(c.Status)
			fmt.Fprintf(hash, "%s %s %v\n", c.Name, status, err)
		}
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// hashFiles returns a hash of the files and folders that the script read, as they are
// now.
func (e *evaluation) hashFiles() string {
	var b strings.Builder
	for _, name := range e.names {
		b.WriteString(hashFile(e.root, name))
	}
	return b.String()
}

// hashFile returns a hash of one file or folder.
func hashFile(root fs.FS, name string) string {
	hash := sha256.New()
	info, err := fs.Stat(root, name)
	switch {
	case err != nil:
		fmt.Fprintln(hash, name, "is not there")
	case info.IsDir():
		entries, err := fs.ReadDir(root, name)
		fmt.Fprintln(hash, name, entries, err)
	case !info.Mode().IsRegular() || info.Size() > builtins.DefaultFileSize: // no script can read it
		fmt.Fprintln(hash, name, info.Mode(), info.Size())
	default:
		data, err := fs.ReadFile(root, name)
		fmt.Fprintf(hash, "%s %d %v\n%s", name, len(data), err, data)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// readFiles notes what is read of a file system, as it is when it is read first.
type readFiles struct {
	fs.FS
	mu     sync.Mutex
	hashes map[string]string // by name
}

var (
	_ fs.ReadFileFS = (*readFiles)(nil)
	_ fs.ReadDirFS  = (*readFiles)(nil)
	_ fs.StatFS     = (*readFiles)(nil)
)

func (r *readFiles) note(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, noted := r.hashes[name]; !noted {
		r.hashes[name] = hashFile(r.FS, name)
	}
}

// contents returns what hashFiles would have when they were read.
func (r *readFiles) contents(names []string) string {
	var b strings.Builder
	for _, name := range names {
		b.WriteString(r.hashes[name])
	}
	return b.String()
}

func (r *readFiles) Open(name string) (fs.File, error) {
	r.note(name)
	return r.FS.Open(name)
}

func (r *readFiles) ReadFile(name string) ([]byte, error) {
	r.note(name)
	return fs.ReadFile(r.FS, name)
}

func (r *readFiles) ReadDir(name string) ([]fs.DirEntry, error) {
	r.note(name)
	return fs.ReadDir(r.FS, name)
}

func (r *readFiles) Stat(name string) (fs.FileInfo, error) {
	r.note(name)
	return fs.Stat(r.FS, name)
}
