// Package printer writes results: a cluster list and a script's outputs, in
// the formats that -o names. It imports package cluster for the types, writes
// to the writer it is given and does no other I/O.
package printer
