// Command embed is a deploy planner: a small tool of its own around Sextant's
// engine. Its scripts have all that a Clusterfile has, and one builtin more,
// service(). It collects the services that a script declares and prints which
// image of each to push from this machine, and which one each cluster pulls.
//
// It imports only what any other module can. Three files, one job each: main.go
// wires the engine, services.go is the plugin, plan.go prints.
package main
