// Package kube observes Kubernetes clusters through a kubeconfig.
//
// The way of a resolution through the files: kubeconfig.go reads the kubeconfig once
// (parse.go parses it) and picks one context of it, a target (target.go), within what
// it may ask for (restricted.go). plugin.go gets the credential. connection.go opens one
// connection (tls.go has its TLS), and request.go asks one question on it. probe.go asks
// all of them at the same time; nodes.go and registry.go understand the answers.
// problem.go makes a line for the user of a failure. session.go has what leaves the
// connection open, loaded.go a kubeconfig that several resolvers have.
//
// Client-go reads the kubeconfig, as it does for kubectl. None of its HTTP is used:
// that follows redirects, reads bodies without limit, retries until the deadline and
// runs credential plugins that outlive it.
//
// It never writes to a cluster or a file, never prompts, and prints nothing but
// what credential plugins print, to Options.Stderr. When Resolve returns, the
// connection and the goroutines that served it are gone; after Close, so is every
// credential plugin.
package kube
