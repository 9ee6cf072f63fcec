// Package docker observes Docker-compatible daemons: it finds the daemon as the
// docker command does, asks for its version, and describes what went wrong if
// there is no answer.
//
// The address is the declared host, else DOCKER_HOST, else the docker context
// that DOCKER_CONTEXT or config.json names, else the platform's default. Unix
// sockets, Windows pipes, TCP, TCP with TLS and ssh are spoken; Podman's service
// and any daemon that knows the Engine API's /version will do.
//
// A resolution is one method, [Resolver.Resolve], and these steps:
//
//	resolveEndpoint (endpoint.go) which daemon, out of host, environment and contexts
//	ask (transport.go)            ping, agree on an API version, /version
//	explain (problem.go)          an error becomes a [cluster.PhaseError]
//
// Between ask and the daemon are a transport (transport.go: sizes, retries,
// how far the request came) and a dialer (every connection and
// process of one resolution, all ended with it).
//
// The package never writes a file, never asks the user anything, never follows a
// redirect, and shows no password of an address.
package docker
