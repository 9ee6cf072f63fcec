//go:build !unix

package foreground

import "os"

// passed is the one signal that is sent to all processes of a console alike, so it
// is only kept from ending this process.
var passed = []os.Signal{os.Interrupt}

func fromTerminal(os.Signal) bool { return true }

func codeOf(state *os.ProcessState) int { return state.ExitCode() }
