// Package process asks the system which processes run, so that tests can count
// them and end what they started, by process id and never by name.
//
// It imports the standard library only. Linux is asked through /proc, other
// Unix systems through ps; elsewhere List returns errors.ErrUnsupported.
package process
