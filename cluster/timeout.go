package cluster

import (
	"context"
	"time"
)

// DefaultTimeout is the deadline of one cluster.
const DefaultTimeout = 10 * time.Second

// Timeout gives every request its own deadline of d from the moment it starts;
// d of 0 or less is [DefaultTimeout].
func Timeout(r Resolver, d time.Duration) Resolver {
	if d <= 0 {
		d = DefaultTimeout
	}
	return ResolverFunc(func(ctx context.Context, req Request) (Observation, error) {
		ctx, cancel := context.WithTimeout(ctx, d)
		defer cancel()
		return r.Resolve(ctx, req)
	})
}
