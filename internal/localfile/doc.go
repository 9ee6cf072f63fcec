// Package localfile reads configuration files: a kubeconfig, a certificate, the
// docker command's settings. It does not rely on them to be files, to be small, or to
// hold still.
//
// A regular file is read as it is between two changes. A pipe, such as a
// shell makes for KUBECONFIG=<(command), is read until its end or the deadline.
// Folders, devices and sockets are refused, and so is what is too large: none of
// them can hang a run or fill its memory. The package never writes.
package localfile
