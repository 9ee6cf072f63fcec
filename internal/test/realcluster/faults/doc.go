// Package faults makes each way in which a server, a proxy or a credential
// plugin can fail a client, on loopback, for tests.
//
// Two kinds of thing are here. Functions that take a testing.TB start something
// (a listener, a proxy, a plugin script) and end it with the test. Functions
// that return an http.Handler are answers; Serve puts one behind a good
// certificate, and Only breaks one path of a handler that is otherwise sound:
//
//	good := clustertest…                       // any http.Handler
//	slow := faults.Serve(t, faults.Only("/version", faults.NoAnswer(), good))
//	late := faults.WrongName(t, good)
//
// Unit tests use it with nothing else installed. It never listens on anything but
// loopback, and a Server counts what reached it, so that a test can count how
// often a client tried.
package faults
