// Package tiltfile is what a Tiltfile can call.
//
// [Run] is the plugin of one run. It wraps a [builtins.Run], so the engine sees
// one plugin: every name of Tilt's API, with Tilt's argument orders, defaults and
// path rules, and beside them the names of a Clusterfile that Tilt has not, such
// as k8s_cluster and output. A name is evaluated, recorded as data, or refused
// with the reason; docs/tiltfiles.md lists which.
//
// # Results
//
// What a script declares is data: [Run.Builds] are the images to build,
// [Run.Resources] what would run, [Run.ComposeProjects] the compose files,
// [Run.Settings] and [Run.Objects] the rest. Each has JSON names. Clusters, outputs
// and manifests are those of the wrapped run.
//
// # How a Tiltfile differs from a Clusterfile
//
//   - Paths are relative to the file being executed, also inside a function that a
//     loaded file defines.
//   - k8s_yaml declares the cluster named default, for the current context.
//   - Resources are assembled when the script is done, as Tilt does: workloads get
//     a resource each, k8s_resource configures them, builds are matched to the
//     images of the manifests.
//
// # Where things are
//
// Each noun has a file with its functions, its type and what becomes of it when the
// script is done. [Run] holds one of each and joins them.
//
//   - What a script works with: paths, loads (and extensions), files, encode, os (the
//     environment too), exec (programs), config, flow, native (for stand-ins).
//   - What it declares: images and build (and dockerfile, expand, liveupdate), kube
//     (manifests; entity is one object, kinds are patterns of them, grouping makes
//     resources of them), compose, local, objects (of Tilt's API), settings.
//   - What they share: resource is a resource as data, declared all of a script, types
//     the types of parameters, tables the tables of functions.
//
// # What it does not do
//
// It builds nothing, deploys nothing, watches nothing and fetches nothing. It
// starts a program only through the Executor of the wrapped run.
package tiltfile
