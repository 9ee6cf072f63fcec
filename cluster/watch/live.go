package watch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/kube"
)

const (
	// settle is how long files must be at rest before they are read.
	settle = 300 * time.Millisecond
	// confirm and confirmations are how long after, and how often again, a kubeconfig
	// that lacks what was there must be found the same before that is believed: a file
	// that is being written lacks it too. They are counted, since time passes while
	// this process, and one that writes, do not run.
	confirm       = 225 * time.Millisecond
	confirmations = 4
	// poll is how often files are looked at without an event: a folder that
	// is made later, or is on a network, reports nothing.
	poll = 2 * time.Second
)

// LiveOptions configure a Live. The zero value reads what kubectl and docker read.
type LiveOptions struct {
	Kube   kube.Options
	Docker docker.Options
	// Timeout is how long reading a kubeconfig may take; [cluster.DefaultTimeout].
	Timeout time.Duration
	// Warn takes a line about a configuration that could not be read, which
	// leaves everything as it was. Nil drops it.
	Warn func(string)
}

// Live opens connections by the kubeconfig and the docker configuration of this
// machine, and follows them as they change.
type Live struct {
	options LiveOptions
	files   []string
	watcher *fsnotify.Watcher // nil if the system has none left
	stop    context.CancelFunc
	done    chan struct{}

	mu      sync.Mutex
	loaded  *kube.Loaded
	docker  string // digest of the docker configuration
	absent  int    // how often in a row it was not there
	changed chan struct{}
	// pending is a state of the kubeconfig that is not believed yet, how often it
	// was found in a row, and whether that was warned of.
	pending string
	found   int
	warned  bool
}

var _ Source = (*Live)(nil)

// NewLive reads the configuration and begins to follow it. A kubeconfig that
// cannot be read is not an error here: its clusters report it. Close it after use.
func NewLive(ctx context.Context, o LiveOptions) *Live {
	ctx, stop := context.WithCancel(ctx)
	l := &Live{options: o, stop: stop, done: make(chan struct{}), changed: make(chan struct{})}
	for _, f := range kube.Files(o.Kube) {
		if info, err := os.Stat(f); err != nil || info.Mode().IsRegular() { // a pipe is read once
			l.files = append(l.files, f)
		}
	}
	l.files = append(l.files, docker.ConfigFile(o.Docker))
	l.watcher, _ = fsnotify.NewWatcher() // polling does without
	l.watchFolders()
	last := l.signature() // before they are read, so that no change is missed
	l.loaded, _ = l.load(ctx)
	l.docker, _ = dockerDigest(o.Docker)
	go func() {
		defer close(l.done)
		l.follow(ctx, last)
	}()
	return l
}

// Close stops following the configuration.
func (l *Live) Close() {
	l.stop()
	<-l.done
	if l.watcher != nil {
		l.watcher.Close()
	}
}

// Key is a digest of what the configuration has about a request.
func (l *Live) Key(req cluster.Request) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch c := req.Connection; {
	case c.Kubernetes != nil:
		return l.loaded.Digest(c.Kubernetes.Context)
	case c.Docker != nil && c.Docker.Host == "":
		return l.docker
	}
	return ""
}

// Changed returns a channel that is closed when the configuration has changed.
func (l *Live) Changed() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// Kubeconfig returns a resolver of the kubeconfig as it is now, which is a
// [cluster.Catalog] too. The caller closes it.
func (l *Live) Kubeconfig() *kube.Resolver { return l.resolver() }

// Open returns a connection with credentials of its own.
func (l *Live) Open(req cluster.Request) Conn {
	if req.Connection.Docker != nil {
		return dockerConn{docker.New(l.options.Docker)}
	}
	return l.resolver()
}

func (l *Live) resolver() *kube.Resolver {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.options.Kube
	o.Loaded = l.loaded
	return kube.New(o)
}

// dockerConn is a daemon: all that is asked of one is cheap.
type dockerConn struct{ *docker.Resolver }

func (c dockerConn) Probe(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
	return c.Resolve(ctx, req)
}

func (dockerConn) Close() {}

// follow takes over the configuration when its files have changed and are at rest.
// last is their signature when they were read.
func (l *Live) follow(ctx context.Context, last string) {
	check := time.NewTimer(poll)
	defer check.Stop()
	var events <-chan fsnotify.Event
	var failures <-chan error
	if l.watcher != nil {
		events, failures = l.watcher.Events, l.watcher.Errors
	}
	seen := last // the signature at the last event
	for {
		select {
		case event := <-events:
			// Others in the same folders may change all the time.
			if now := l.signature(); now != seen || l.isFollowed(event.Name) {
				seen, last = now, "" // whatever the times of the file
				check.Reset(settle)
			}
		case <-failures: // such as a full queue: polling sees what it lost
			check.Reset(settle)
			last = ""
		case <-check.C:
			next := poll
			if now := l.signature(); now != last {
				last = now
				l.watchFolders()
				if !l.take(ctx) {
					next, last = confirm, ""
				}
			}
			check.Reset(next)
		case <-ctx.Done():
			return
		}
	}
}

// followed are the files, with the docker contexts that there are now.
func (l *Live) followed() []string { return slices.Concat(l.files, dockerContexts(l.options.Docker)) }

// isFollowed reports whether a file is followed, or what such a one is a link to.
func (l *Live) isFollowed(name string) bool {
	name = filepath.Clean(name)
	return slices.ContainsFunc(l.followed(), func(f string) bool {
		target, _ := filepath.EvalSymlinks(f)
		return filepath.Clean(f) == name || target == name
	})
}

// signature differs if a file may have changed.
func (l *Live) signature() string {
	var b strings.Builder
	for _, f := range l.followed() {
		if info, err := os.Stat(f); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", f, info.Size(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// watchFolders watches the folders of the files, and of what they are links to: a
// watch on a file ends when it is replaced.
func (l *Live) watchFolders() {
	if l.watcher == nil {
		return
	}
	for _, f := range l.followed() {
		l.watcher.Add(filepath.Dir(f)) // one that is not there is left to polling
		if target, err := filepath.EvalSymlinks(f); err == nil {
			l.watcher.Add(filepath.Dir(target))
		}
	}
}

// load reads the kubeconfig.
func (l *Live) load(ctx context.Context) (*kube.Loaded, error) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(l.options.Timeout, cluster.DefaultTimeout))
	defer cancel()
	return kube.Load(ctx, l.options.Kube)
}

// take takes the configuration over, as far as it is believed. It reports whether
// that is settled.
func (l *Live) take(ctx context.Context) bool {
	loaded, err := l.load(ctx)
	digest, dockerErr := dockerDigest(l.options.Docker)
	l.mu.Lock()
	defer l.mu.Unlock()
	settled, changed := true, false
	if dockerErr == nil {
		settled, changed = l.settleDocker(digest)
	}
	if l.settle(loaded, err) {
		changed = changed || l.loaded == loaded
	} else {
		settled = false
	}
	if changed {
		close(l.changed)
		l.changed = make(chan struct{})
	}
	return settled
}

// settle takes a kubeconfig over. It reports whether that is done: what a file
// lacks that is being written has to be the same for a while. One that cannot be
// read, or that holds nothing, is never taken. The mutex is held.
func (l *Live) settle(loaded *kube.Loaded, err error) bool {
	state, unusable := loaded.Fingerprint(), ""
	switch {
	case err != nil:
		unusable = err.Error()
	case loaded.Contexts() == 0:
		unusable = "the kubeconfig holds no context"
	case state == l.loaded.Fingerprint():
		l.pending = ""
		return true
	}
	if unusable != "" && l.loaded.Contexts() == 0 {
		return true // as before
	}
	if unusable != "" || len(l.loaded.Lost(loaded)) > 0 {
		if state += unusable; state != l.pending {
			l.pending, l.found, l.warned = state, 0, false
		}
		if l.found++; l.found <= confirmations {
			return false
		}
	}
	if unusable == "" {
		l.loaded, l.pending = loaded, ""
		return true
	}
	if !l.warned && l.options.Warn != nil {
		l.options.Warn(unusable + "; going on with the one before")
	}
	l.warned = true
	return true
}

// settleDocker takes the docker configuration over. That there is none is believed
// when it has been so for a while. The mutex is held.
func (l *Live) settleDocker(digest string) (settled, changed bool) {
	if digest == dockerAbsent && l.docker != dockerAbsent {
		if l.absent++; l.absent <= confirmations {
			return false, false
		}
	}
	l.absent = 0
	changed = digest != l.docker
	l.docker = digest
	return true, changed
}

// dockerAbsent is the digest if there is no docker configuration.
const dockerAbsent = "none"

// dockerContexts are the files of the stored docker contexts.
func dockerContexts(o docker.Options) []string {
	found, err := filepath.Glob(filepath.Join(filepath.Dir(docker.ConfigFile(o)), "contexts", "meta", "*", "meta.json"))
	if err != nil {
		return nil // the folder's own name is a bad pattern
	}
	return found
}

// dockerDigest hashes what the docker configuration has about the daemon. It fails
// if that is not whole.
func dockerDigest(o docker.Options) (string, error) {
	file := docker.ConfigFile(o)
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return dockerAbsent, nil
	}
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	if err == nil {
		err = json.Unmarshal(data, &config)
	}
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintln(hash, config.CurrentContext)
	for _, c := range dockerContexts(o) {
		meta, err := os.ReadFile(c)
		if err != nil {
			return "", err
		}
		if !json.Valid(meta) {
			return "", fmt.Errorf("%s is being written", c)
		}
		fmt.Fprintf(hash, "%s %d\n%s", c, len(meta), meta)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
