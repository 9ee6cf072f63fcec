package wire

import "golang.org/x/sys/windows"

// What the operating system reports for two faults.
const refusal, resetting = windows.WSAECONNREFUSED, windows.WSAECONNRESET
