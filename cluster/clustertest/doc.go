// Package clustertest has API servers for tests, in process and on loopback: a
// Kubernetes one and a Docker one. Each answers just what Sextant asks, from a
// struct of facts, and counts what reaches it. They let a program test its
// scripts through the whole live path, with no cluster.
//
// # A cluster
//
// [NewKube] starts an API server from [KubeFacts] and ends it with the test.
// [WriteKubeconfig] writes the file that leads to it:
//
//	api := clustertest.NewKube(t, clustertest.KubeFacts{
//		Name:       "kind-dev",
//		Nodes:      []clustertest.Node{clustertest.ArchNode("n1", "arm64")},
//		ConfigMaps: clustertest.LocalRegistry(`host: "localhost:5000"`),
//	})
//	resolver := kube.New(kube.Options{Kubeconfig: clustertest.WriteKubeconfig(t, api)})
//	defer resolver.Close()
//
// # A daemon
//
// [NewDocker] starts a Docker daemon from [DockerFacts], on TCP, TLS or a Unix
// socket. Its Env leads to it:
//
//	daemon := clustertest.NewDocker(t, clustertest.DockerFacts{Arch: "arm64"})
//	resolver := docker.New(docker.Options{Env: daemon.Env()})
//
// # Faults
//
// Both take the same faults: Status answers a path with a code, Latency comes
// before each answer, and Fault is a function that sees each request first.
// [Hang] makes one that never answers. Whatever hangs ends with the server.
//
// # Without a server
//
// Where the wire does not matter, a cluster.ResolverFunc or a cluster.Replay is
// a fake cluster in a line or two.
//
// # What it does not do
//
// It never listens on anything but loopback, and starts no process. Its
// certificates are made again in each process.
package clustertest
