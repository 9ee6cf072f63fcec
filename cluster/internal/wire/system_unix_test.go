//go:build unix

package wire

import "syscall"

// What the operating system reports for two faults.
const refusal, resetting = syscall.ECONNREFUSED, syscall.ECONNRESET
