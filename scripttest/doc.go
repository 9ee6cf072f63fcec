// Package scripttest tests scripts offline: golden tests and assertion tests,
// as `sextant test` runs them and as a Go project runs them under go test:
//
//	func TestScripts(t *testing.T) { scripttest.Run(t, "testdata") }
//
// # Golden tests
//
// A golden test is a folder with a Clusterfile, or else a Tiltfile, and one golden
// file or more:
//
//	want.clusters.yaml   the clusters, as `sextant eval -o yaml` prints them
//	want.outputs.json    what output() declared, as `sextant output` prints it
//	want.manifests.yaml  the manifests, as `sextant render` prints them; where
//	                     several clusters have some, want.manifests.NAME.yaml
//	                     holds those of the cluster NAME
//	want.builds.json     what a Tiltfile can build, as `sextant builds -o
//	                     json` prints it
//	want.resources.json  its resources, as `sextant resources -o json` prints them
//	want.print           prints and warnings, in order, as on standard error
//	want.error           the error with its traceback; without this file the
//	                     script must not fail
//
// Only the golden files that are there are compared. An empty one means that the
// run makes nothing of the kind, so making an empty file and updating is how a
// new test begins. A script that fails makes only prints and an error. Any
// other name that begins with "want." is a failure.
//
// Beside them are the inputs, each optional:
//
//	clusters.yaml  what the run observes: a ClusterList as eval printed it
//	exec.yaml      what programs answer, as --record-exec wrote it; a program that
//	               it lacks fails, and so does one in it that no test runs
//	env            the environment, one KEY=VALUE a line
//	args           the values for config.parse(), one a line
//
// A recorded cluster that no test of its folder reads is a failure.
//
// # Scenarios
//
// A folder below the folder "tests" beside a script, with golden files and
// without a script of its own, is a scenario: a golden test of that script. The
// inputs that its folder has take the place of those of the script's folder.
// The script sees the files of its own folder.
//
// # Archives
//
// A file *.txtar that holds the same names at its top level is a test too. Its
// scripts see the files of the archive and nothing else. Archives without a
// test in them are passed over.
//
// # Assertion tests
//
// Each top-level function test_* of a file *_test.star is a test, also one that
// is a lambda assigned to such a name. It runs in a run of its own: the file is
// loaded, its globals are frozen, the function is called. It takes the same
// inputs from its folder, and has two more names: fake_cluster, which declares a
// cluster of a given status, and the module assert:
//
//	assert.eq(got, want)       the values are equal
//	assert.ne(got, other)      they are not
//	assert.true(value, msg="") the value is true in a condition
//	assert.contains(all, one)  one in all
//	assert.fails(fn, pattern)  fn() fails and the regular expression matches
//	                           its message, which is returned
//
// exit() ends a test function early and well.
//
// # What a test sees
//
// The clock is stopped at [Clock]. There is no environment but the file env, no
// network, no kubeconfig, and os.getcwd() is "/". Scripts cannot leave their
// folder, or [Config.Root] if that is set; paths in errors are relative to
// it. Tests run in parallel and are reported in the order of the files, folder
// by folder: what is reported depends on nothing else, but for
// [Result.Elapsed], which only JUnit XML has.
//
// # Updating
//
// [Config.Update], or SEXTANT_UPDATE=1 under [Run], writes the golden files
// that differ, each through a temporary file that is renamed. It makes no new
// files, and writes nothing for a script that fails without a want.error.
//
// # Live clusters
//
// With [Config.Resolver] the tests observe what that resolver does, and
// clusters.yaml is not read. Every connectedAt in want.clusters.yaml and
// want.outputs.json is then taken to be that of [Clock], on both sides.
//
// # What it does not do
//
// It connects to nothing itself, and starts no program.
package scripttest
