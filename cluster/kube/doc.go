// Package kube observes Kubernetes clusters through a kubeconfig.
//
// The way of a request through the files: kubeconfig.go reads the kubeconfig
// once, context.go picks one context of it, credential.go and plugin.go get
// what proves who asks, trust.go what proves who answers. connection.go and
// dialer.go open one connection, trace.go knows how far it came, and get.go
// asks one question on it. probe.go asks all of them at the same time:
// version.go, nodes.go and registry.go each understand one answer; a further
// question begins there. problem.go turns a failure into the line that a user
// reads.
//
// It imports cluster for the types, and of client-go only clientcmd and rest,
// to read a kubeconfig as kubectl does. It uses none of client-go's HTTP: that
// follows redirects, reads bodies without limit, retries until the deadline and
// runs credential plugins that outlive it.
//
// It never writes to a cluster or a file, never prompts, and prints nothing.
// When Resolve returns, the connection and the goroutines that served it are
// gone; after Close, so is every credential plugin.
package kube
