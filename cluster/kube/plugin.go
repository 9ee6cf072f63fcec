package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
	"github.com/sextant-dev/sextant/internal/environ"
	"github.com/sextant-dev/sextant/internal/procgroup"
)

const (
	// execInfo is the variable in which a plugin finds its input.
	execInfo = "KUBERNETES_EXEC_INFO"
	// execGroup is the API group of its input and output. Its versions v1 and
	// v1beta1 have the same fields.
	execGroup = "client.authentication.k8s.io/"

	// maxCredential is how many bytes of a plugin's output are read. A token of
	// a user in many groups has some ten thousand.
	maxCredential = 1 << 20
	// drain is how long a plugin that has ended may leave its output open, as
	// one does that left a child behind. On a busy machine a tenth of it is too
	// short to read what was printed.
	drain = time.Second
)

type credential = clientauthentication.ExecCredentialStatus

// plugin is a credential plugin, ready to run:
// https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
type plugin struct {
	config *clientcmdapi.ExecConfig
	env    []string
	// key is equal for plugins whose runs return the same.
	key string
	// user and context are names in the kubeconfig.
	user, context string
	// stderr takes what it prints beside the credential.
	stderr io.Writer
}

// What can be wrong with a plugin before it runs.
var (
	errInteractive = errors.New("its interactiveMode is Always, and it is given no terminal")
	errVersion     = errors.New("not " + execGroup + "v1 or " + execGroup + "v1beta1")
)

func newPlugin(t *target, env environ.List) (*plugin, error) {
	p := &plugin{config: t.config.ExecProvider, key: t.context.AuthInfo, user: t.context.AuthInfo, context: t.name}
	if v := p.config.APIVersion; v != execGroup+"v1" && v != execGroup+"v1beta1" {
		return nil, p.problem(fmt.Errorf("its apiVersion is %q, %w", v, errVersion))
	}
	if p.config.InteractiveMode == clientcmdapi.AlwaysExecInteractiveMode {
		return nil, p.problem(errInteractive)
	}
	input := clientauthentication.ExecCredential{}
	input.APIVersion, input.Kind = p.config.APIVersion, "ExecCredential"
	if p.config.ProvideClusterInfo {
		var err error
		if input.Spec.Cluster, err = clusterInfo(t); err != nil {
			return nil, p.problem(err)
		}
		p.key += "\x00" + t.context.Cluster
	}
	text, err := json.Marshal(input)
	if err != nil {
		return nil, p.problem(fmt.Errorf("write its input: %w", err))
	}
	p.env = append(p.env, env...)
	for _, v := range p.config.Env {
		p.env = append(p.env, v.Name+"="+v.Value)
	}
	p.env = append(p.env, execInfo+"="+string(text))
	return p, nil
}

// clusterInfo describes the cluster to a plugin that asks for that.
func clusterInfo(t *target) (*clientauthentication.Cluster, error) {
	info, err := rest.ConfigToExecCluster(t.config)
	if err != nil {
		return nil, err
	}
	c := &clientauthentication.Cluster{
		Server:                   info.Server,
		TLSServerName:            info.TLSServerName,
		InsecureSkipTLSVerify:    info.InsecureSkipTLSVerify,
		CertificateAuthorityData: info.CertificateAuthorityData,
		ProxyURL:                 info.ProxyURL,
		DisableCompression:       info.DisableCompression,
	}
	if extension, ok := info.Config.(*runtime.Unknown); ok {
		c.Config.Raw = extension.Raw
	}
	return c, nil
}

// run runs the plugin, without input and in a process group of its own. What is
// in that group is killed when ctx is done, and when the plugin has ended.
func (p *plugin) run(ctx context.Context) (credential, error) {
	output := &procgroup.Output{Max: maxCredential}
	cmd := exec.CommandContext(ctx, p.config.Command, p.config.Args...)
	messages := &lineWriter{to: p.stderr, left: maxMessages}
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.env, output, messages, drain
	err := procgroup.Run(cmd)
	messages.flush()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return credential{}, context.Cause(ctx)
	case output.Exceeded():
		return credential{}, fmt.Errorf("it printed more than %d MiB", maxCredential>>20)
	case errors.Is(err, exec.ErrWaitDelay): // it has ended, and a child of its has not
	case errors.As(err, &exit):
		return credential{}, fmt.Errorf("it failed: %w", exit)
	case err != nil:
		return credential{}, err
	}
	return p.parse(output.Bytes())
}

// parse reads what the plugin printed. Its errors show none of that: it may be
// a secret.
func (p *plugin) parse(output []byte) (credential, error) {
	var got clientauthentication.ExecCredential
	if err := json.Unmarshal(output, &got); err != nil || got.Kind != "ExecCredential" {
		return credential{}, errors.New("what it printed is no ExecCredential")
	}
	if got.APIVersion != p.config.APIVersion {
		return credential{}, fmt.Errorf("its ExecCredential has another apiVersion than the %s asked for", p.config.APIVersion)
	}
	s := got.Status
	if s == nil || s.Token == "" && s.ClientCertificateData == "" && s.ClientKeyData == "" {
		return credential{}, errors.New("its ExecCredential has neither a token nor a certificate")
	}
	if (s.ClientCertificateData == "") != (s.ClientKeyData == "") {
		return credential{}, errors.New("its ExecCredential has a certificate without a key, or a key without a certificate")
	}
	return *s, nil
}

// problem explains what to do about a plugin that returned nothing. It shows neither
// the plugin's arguments nor its output: both may hold secrets.
func (p *plugin) problem(cause error) error {
	e := &cluster.PhaseError{
		Phase:    cluster.PhaseCredentials,
		Endpoint: fmt.Sprintf("plugin %q of user %q", p.config.Command, p.user),
		Cause:    cause,
		Advice:   fmt.Sprintf("see what it prints with kubectl --context=%s version", strconv.Quote(p.context)),
	}
	switch {
	case errors.Is(cause, errInteractive):
		e.Advice = "set interactiveMode to IfAvailable where the plugin can do without"
	case errors.Is(cause, errVersion):
		e.Advice = "bring the plugin up to date, and with it the user's entry in the kubeconfig"
	case errors.Is(cause, exec.ErrNotFound), errors.Is(cause, fs.ErrNotExist):
		e.Cause = errors.New("it is not installed")
		e.Advice = p.config.InstallHint
		if e.Advice == "" {
			e.Advice = "install it, or put its folder into PATH"
		}
	case wire.Explain(cause).Kind == wire.NoAnswer:
		e.Cause = wire.Reword("it printed nothing before the deadline and was killed", cause)
	case errors.Is(cause, context.Canceled):
		e.Cause = wire.Reword("it was interrupted", cause)
	case errors.Is(cause, fs.ErrPermission):
		e.Cause = errors.New("it may not be executed")
		e.Advice = "make it executable with chmod"
	}
	return e
}

// maxMessages is how many bytes of what a plugin prints to standard error are
// shown. The rest is dropped: a plugin that talks too much still works.
const maxMessages = 64 << 10

// lineWriter hands on whole lines, so that those of several plugins do not mix.
type lineWriter struct {
	to   io.Writer
	left int
	line []byte
}

func (w *lineWriter) Write(data []byte) (int, error) {
	n := len(data)
	data = data[:min(n, w.left)]
	w.left -= len(data)
	w.line = append(w.line, data...)
	if i := bytes.LastIndexByte(w.line, '\n') + 1; i > 0 {
		w.to.Write(w.line[:i]) // a console that is gone has no use for it
		w.line = append(w.line[:0], w.line[i:]...)
	}
	return n, nil
}

// flush hands on a last line without its end.
func (w *lineWriter) flush() {
	if len(w.line) > 0 {
		w.to.Write(append(w.line, '\n'))
		w.line = nil
	}
}

// credentials runs credential plugins, each at most once a run, and shares what
// they print between the contexts of a user.
type credentials struct {
	env     environ.List
	stderr  io.Writer
	mu      sync.Mutex
	calls   map[string]*call
	running sync.WaitGroup
}

// call is one run of a plugin, under way or done.
type call struct {
	cancel context.CancelFunc
	// waiting counts who wants the result. If that falls to none before it
	// is there, the plugin is killed: the last deadline has passed.
	waiting int
	done    chan struct{}

	credential credential
	err        error
}

func newCredentials(env environ.List, stderr io.Writer) *credentials {
	if stderr == nil {
		stderr = io.Discard
	}
	return &credentials{env: env, stderr: stderr, calls: map[string]*call{}}
}

// add completes t with what its user's plugin returns, if it has one.
func (c *credentials) add(ctx context.Context, t *target) error {
	// client-go asks a plugin only where the user has nothing else, and no
	// credential goes over plain HTTP.
	if t.config.ExecProvider == nil || hasCredential(t.config) {
		return nil
	}
	p, err := newPlugin(t, c.env)
	if err != nil {
		return err
	}
	p.stderr = c.stderr
	got, err := c.get(ctx, p)
	if err != nil {
		return p.problem(err)
	}
	if got.ExpirationTimestamp != nil {
		t.expires = got.ExpirationTimestamp.Time
	}
	t.config.BearerToken = got.Token
	if got.ClientCertificateData != "" {
		t.config.CertData, t.config.KeyData = []byte(got.ClientCertificateData), []byte(got.ClientKeyData)
	}
	return nil
}

func hasCredential(c *rest.Config) bool {
	return c.BearerToken != "" || c.Username != "" || len(c.CertData) > 0 || c.CertFile != ""
}

func (c *credentials) get(ctx context.Context, p *plugin) (credential, error) {
	c.mu.Lock()
	call := c.calls[p.key]
	if call == nil {
		call = c.start(ctx, p)
	}
	call.waiting++
	c.mu.Unlock()

	select {
	case <-call.done:
	case <-ctx.Done():
	}

	c.mu.Lock()
	call.waiting--
	last := call.waiting == 0
	if last && ctx.Err() != nil && c.calls[p.key] == call {
		delete(c.calls, p.key) // it is killed; who comes later starts another
	}
	c.mu.Unlock()
	if last {
		call.cancel()
		<-call.done
	}
	select {
	case <-call.done:
		if errors.Is(call.err, context.Canceled) && ctx.Err() != nil {
			return credential{}, context.Cause(ctx)
		}
		return call.credential, call.err
	default: // others have longer to wait
		return credential{}, context.Cause(ctx)
	}
}

// start begins a call; c.mu is held. It goes on for as long as anyone waits,
// whoever was first.
func (c *credentials) start(ctx context.Context, p *plugin) *call {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	call := &call{cancel: cancel, done: make(chan struct{})}
	c.calls[p.key] = call
	c.running.Go(func() {
		defer close(call.done)
		call.credential, call.err = p.run(ctx)
	})
	return call
}

// close kills what still runs and waits for it.
func (c *credentials) close() {
	c.mu.Lock()
	for _, call := range c.calls {
		call.cancel()
	}
	c.mu.Unlock()
	c.running.Wait()
}
