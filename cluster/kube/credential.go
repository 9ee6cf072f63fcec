package kube

import (
	"context"
	"errors"
	"sync"

	"k8s.io/client-go/rest"

	"github.com/sextant-dev/sextant/internal/environ"
)

// credentials runs credential plugins, each at most once a run, and shares what
// they give between the contexts of a user.
type credentials struct {
	env     environ.List
	mu      sync.Mutex
	calls   map[string]*call
	running sync.WaitGroup
}

// call is one run of a plugin, under way or done.
type call struct {
	cancel context.CancelFunc
	// waiting counts who wants the result. Where that falls to none before it
	// is there, the plugin is killed: the last deadline has passed.
	waiting int
	done    chan struct{}

	credential credential
	err        error
}

func newCredentials(env environ.List) *credentials {
	return &credentials{env: env, calls: map[string]*call{}}
}

// add completes t with what its user's plugin gives, if it has one.
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
	got, err := c.get(ctx, p)
	if err != nil {
		return p.problem(err)
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
