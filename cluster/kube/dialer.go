package kube

import (
	"context"
	"net"
)

// dial opens a socket. Nothing of it is left when ctx is done, not even the
// name lookup: Go's resolver leaves a query waiting for seconds after that.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	base := net.DefaultResolver
	query := base.Dial
	if query == nil {
		query = new(net.Dialer).DialContext
	}
	resolver := &net.Resolver{
		PreferGo:     base.PreferGo,
		StrictErrors: base.StrictErrors,
		// The resolver calls this under a context of its own.
		Dial: func(lookup context.Context, network, server string) (net.Conn, error) {
			conn, err := query(lookup, network, server)
			if err == nil {
				context.AfterFunc(ctx, func() { conn.Close() })
			}
			return conn, err
		},
	}
	return (&net.Dialer{Resolver: resolver}).DialContext(ctx, network, address)
}
