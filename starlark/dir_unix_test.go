//go:build unix

package starlark

import (
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestDirSpecialFiles opens what a file can be besides a regular one. The named
// pipe has no writer, so an open that waits would never return.
func TestDirSpecialFiles(t *testing.T) {
	d, root := tree(t)
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(root, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	dev, err := OpenDir("/dev")
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	for _, tc := range []struct {
		dir        *Dir
		name, want string
	}{
		{d, "pipe", "open pipe: is a named pipe, not a regular file"},
		{d, "socket", "socket"},
		{dev, "null", "open null: is a device, not a regular file"},
		{dev, "zero", "open zero: is a device, not a regular file"},
	} {
		if _, err := tc.dir.Open(tc.name); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("Open(%q): got %v, want %s", tc.name, err, tc.want)
		}
		if _, err := tc.dir.ReadFile(tc.name); err == nil {
			t.Errorf("ReadFile(%q) succeeds", tc.name)
		}
		e := Engine{Files: tc.dir}
		if err := e.Run(t.Context(), tc.name); err == nil || !strings.HasPrefix(err.Error(), "cannot run "+tc.name+": ") {
			t.Errorf("Run(%q): got %v", tc.name, err)
		}
		if _, err := tc.dir.Stat(tc.name); err != nil {
			t.Errorf("Stat(%q): %v", tc.name, err)
		}
	}
}
