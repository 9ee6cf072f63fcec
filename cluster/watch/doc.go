// Package watch keeps the statuses of clusters up to date.
//
// A [Watcher] resolves each cluster, then probes it at an interval, and resolves
// it again when something about it changed: the configuration that it is reached
// by, its version, its identity, its credentials, or that it answers again. What
// is observed goes through [cluster.Merge]: a status changes only when the cluster
// does, and a single probe that is lost changes nothing.
//
//	source := watch.NewLive(ctx, watch.LiveOptions{})
//	defer source.Close()
//	w := watch.New(watch.Options{Source: source})
//	w.Set(declarations)
//	var running sync.WaitGroup
//	running.Go(func() { w.Run(ctx) })
//	for event := range w.Events(ctx) { // until ctx is done
//		fmt.Println(event.Type, event.Reason, event.Object.Name)
//	}
//	running.Wait()
//
// A [Source] opens connections to clusters: [Live] is the kubeconfig and the docker
// configuration of this machine, and reports when they change. A file that is
// being written, is empty, or cannot be read changes nothing: the configuration
// stays what it was.
//
// An embedder that knows better calls [Watcher.Invalidate].
//
// # What it does not do
//
// It runs no script and writes nothing. It keeps no status on disk: a Watcher that
// is made again resolves again.
package watch
