// Package localfile reads configuration files that may not be what they should be:
// files, that they are small, or that they hold still: a kubeconfig, a
// certificate, the docker command's settings.
//
// A regular file is read as it is between two changes. A pipe, such as a
// shell makes for KUBECONFIG=<(command), is read until its end or the deadline.
// Folders, devices and sockets are refused, and so is what is too large: none of
// them can hang a run or fill its memory. It imports the standard library, and
// never writes.
package localfile
