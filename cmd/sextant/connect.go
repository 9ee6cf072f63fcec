package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/localfile"
)

// connections is how a run learns of clusters.
type connections struct {
	resolver cluster.Resolver
	catalog  cluster.Catalog
	// pin makes a kubeconfig of one context, with another namespace unless that is
	// empty; pinDocker makes the environment of one daemon. They are nil in a replay.
	pin       func(context, namespace string) ([]byte, error)
	pinDocker func(host string) ([]string, error)
	close     func()
}

// connect makes the connections that the flags ask for. Nothing is read or
// connected to yet, but a recording. stderr takes what credential plugins print.
func (f *scriptFlags) connect(ctx context.Context, stderr io.Writer) (*connections, error) {
	if f.timeout <= 0 {
		return nil, usagef("--timeout %s: it must be more than 0", f.timeout)
	}
	if f.clusters != "" {
		list, err := f.recording(ctx)
		if err != nil {
			return nil, err
		}
		replay := cluster.NewReplay(f.clusters, list)
		return &connections{resolver: replay, catalog: replay, close: func() {}}, nil
	}
	k := kube.New(kube.Options{Kubeconfig: f.kubeconfig, Stderr: stderr})
	if f.from != "" {
		defer k.Close()
		return f.hub(ctx, k, stderr)
	}
	d := docker.New(docker.Options{})
	live := cluster.ByKind{Kubernetes: k, Docker: d}
	named := func(ctx context.Context, req cluster.Request) cluster.Request {
		ctx, cancel := context.WithTimeout(ctx, f.timeout)
		defer cancel()
		return k.Named(ctx, req)
	}
	return &connections{
		resolver:  cluster.Share(cluster.Limit(cluster.Timeout(f.trust.wall(live, k), f.timeout), 0), named),
		catalog:   k,
		pin:       k.Pinned,
		pinDocker: d.Pinned,
		close:     k.Close,
	}, nil
}

// hub reads the clusters of --clusters-from. Its warnings go to stderr.
func (f *scriptFlags) hub(ctx context.Context, k *kube.Resolver, stderr io.Writer) (*connections, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	contexts, err := k.Contexts()
	if err != nil {
		return nil, failure{fmt.Errorf("--clusters-from: %w", err)}
	}
	ref, err := hub.ParseRef(f.from, contexts)
	if err != nil {
		return nil, usagef("--clusters-from: %w", err)
	}
	h, err := hub.Open(ctx, k, ref)
	if err != nil {
		return nil, failure{fmt.Errorf("--clusters-from: %w", err)}
	}
	for _, warning := range h.Warnings() {
		fmt.Fprintf(stderr, "warning: %s\n", warning)
	}
	return &connections{
		resolver: h,
		catalog:  h,
		pin: func(name, _ string) ([]byte, error) {
			return nil, fmt.Errorf("a hub has no credentials for cluster %q: run this where a kubeconfig has a context for it, without --clusters-from", name)
		},
		close: func() {},
	}, nil
}

// recording reads the file of --clusters. It waits for a pipe as for a cluster.
func (f *scriptFlags) recording(ctx context.Context) (*cluster.ClusterList, error) {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	data, err := localfile.ReadBeside(ctx, f.clusters)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usagef("--clusters %s: no such file; record it with: sextant eval -o yaml > %s", f.clusters, builtins.ShellQuote(f.clusters))
	}
	if err != nil {
		return nil, usagef("--clusters: %w", err)
	}
	list, err := cluster.ParseList(f.clusters, data)
	if err != nil {
		return nil, failure{err}
	}
	if n := len(list.Items); n > builtins.DefaultClusters {
		return nil, failure{fmt.Errorf("--clusters %s: it holds %d clusters, and a script may declare %d", f.clusters, n, builtins.DefaultClusters)}
	}
	return list, nil
}
