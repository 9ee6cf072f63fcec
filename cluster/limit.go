package cluster

import "context"

// DefaultLimit is how many clusters are observed at the same time.
const DefaultLimit = 64

// Limit lets at most n requests run at the same time; n of 0 or less is
// [DefaultLimit]. Put it outside Timeout, so that waiting for a turn does not
// use up a cluster's deadline.
func Limit(r Resolver, n int) Resolver {
	if n <= 0 {
		n = DefaultLimit
	}
	turns := make(chan struct{}, n)
	return ResolverFunc(func(ctx context.Context, req Request) (Observation, error) {
		select {
		case turns <- struct{}{}:
			defer func() { <-turns }()
			return r.Resolve(ctx, req)
		case <-ctx.Done():
			return Observation{}, context.Cause(ctx)
		}
	})
}
