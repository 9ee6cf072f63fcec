//go:build !linux

package faults

import (
	"runtime"
	"testing"
)

// Unanswered is an address whose connection requests get no answer at all.
// Only Linux lets a backlog be filled; elsewhere the test is skipped.
func Unanswered(t testing.TB) *Server {
	t.Helper()
	t.Skipf("%s answers connection requests whatever the backlog", runtime.GOOS)
	return nil
}
