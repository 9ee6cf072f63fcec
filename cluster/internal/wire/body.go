package wire

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// MaxAnswer is how many bytes of an answer are read: a page of 500 nodes with
// long annotations has less than 2 MiB.
const MaxAnswer = 16 << 20

// ErrTooLarge is the error of reading more than MaxAnswer bytes.
var ErrTooLarge = fmt.Errorf("the answer is larger than %d MiB", MaxAnswer>>20)

// Bound makes resp safe to read: its body ends with ErrTooLarge after MaxAnswer
// bytes, and with the context's error when ctx is done.
//
// An informational answer (1xx) loses its body. For 101 Switching Protocols
// net/http hands out the connection itself, which no context ends; the callers
// here never ask for another protocol, so there is nothing to read.
func Bound(ctx context.Context, resp *http.Response) {
	if resp.StatusCode < http.StatusOK {
		resp.Body.Close()
		resp.Body = http.NoBody
		return
	}
	b := &body{ctx: ctx, inner: resp.Body, left: MaxAnswer, closed: make(chan struct{})}
	b.stop = context.AfterFunc(ctx, func() {
		defer close(b.closed)
		b.inner.Close()
	})
	resp.Body = b
}

type body struct {
	ctx   context.Context
	inner io.ReadCloser
	left  int
	// stop keeps ctx from closing inner; closed is closed once it has.
	stop   func() bool
	closed chan struct{}
}

func (b *body) Read(p []byte) (int, error) {
	if len(p) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.inner.Read(p)
	if b.left -= n; b.left < 0 {
		return 0, ErrTooLarge
	}
	if err != nil && err != io.EOF && b.ctx.Err() != nil {
		// Whatever closing the body made of it.
		err = context.Cause(b.ctx)
	}
	return n, err
}

// Close returns when nothing uses the inner body any more.
func (b *body) Close() error {
	if !b.stop() {
		<-b.closed
	}
	return b.inner.Close()
}
