// Package printer writes results in the formats that -o names: clusters, outputs,
// images, the builds and resources of a Tiltfile, and the reference of builtins. It
// writes to the writer that it is given and does no other I/O.
package printer
