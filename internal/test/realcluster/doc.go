// Package realcluster starts real servers for tests: kube-apiserver on etcd, a
// kubelet on containerd, Docker daemons, Podman, sshd and an OCI registry.
//
// Tests that use it are in files named *_real_test.go with the build tag real,
// and `make test-real` runs them. A package makes one Site, asks it for servers
// inside its tests, and closes it at the end:
//
//	var real = realcluster.New()
//
//	func TestMain(m *testing.M) { os.Exit(real.Around(m).Run()) }
//
//	func TestVersion(t *testing.T) {
//		alpha := real.APIServer(t, "alpha")
//		…
//	}
//
// A server starts when it is first asked for by its name, and the same one is
// returned from then on. A test that wants a Site to itself uses Start. A part
// that this machine lacks skips the test with the command that installs it; with
// CI=true or SEXTANT_REAL_REQUIRED=1 it fails the test instead. With
// SEXTANT_REAL_MISSING=1 every part is missing: no test of a server may pass then,
// which make test-real checks.
//
// Kubernetes and etcd are built out of the module in the folder tools, which
// takes about twelve minutes the first time, and kept in SEXTANT_REAL_CACHE, by
// default sextant/realcluster in the user's cache folder. The other servers
// are Debian's packages.
//
// Everything listens on loopback or on sockets in one temporary folder. Nothing
// outlives Close: no process, no mount, no file. The package uses nothing of the
// code that is tested.
package realcluster
