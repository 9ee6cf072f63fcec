package cluster

import (
	"context"
	"log/slog"
	"time"
)

// Log tells logger, at debug level, when each request starts and how it ended.
// It passes on only what a user is shown anyway: names, the redacted endpoint,
// the version, the error. Inside [Share] it tells of resolutions, outside of
// requests.
func Log(r Resolver, logger *slog.Logger) Resolver {
	return ResolverFunc(func(ctx context.Context, req Request) (Observation, error) {
		logger := logger.With("cluster", req.Name)
		logger.DebugContext(ctx, "resolving", connectionAttr(req.Connection))
		start := time.Now()
		obs, err := r.Resolve(ctx, req)
		elapsed := slog.Duration("elapsed", time.Since(start))
		switch {
		case err != nil:
			logger.DebugContext(ctx, "cannot resolve", elapsed, "error", err)
		case !obs.Status.Connected():
			logger.DebugContext(ctx, "not connected", elapsed, "error", obs.Status.Error)
		default:
			logger.DebugContext(ctx, "connected", elapsed, "endpoint", obs.Annotations[AnnotationEndpoint],
				"version", obs.Status.Version, "arch", obs.Status.Arch)
		}
		return obs, err
	})
}

// connectionAttr leaves out a Docker host, which may hold a password.
func connectionAttr(c ClusterConnection) slog.Attr {
	switch {
	case c.Kubernetes != nil:
		return slog.Group("kubernetes", "context", c.Kubernetes.Context)
	case c.Docker != nil:
		return slog.Bool("docker", true)
	}
	return slog.Attr{}
}
