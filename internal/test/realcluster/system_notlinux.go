//go:build !linux

package realcluster

import "syscall"

func attributes() *syscall.SysProcAttr { return new(syscall.SysProcAttr) }

// unmountUnder has nothing to do: only what runs on Linux mounts.
func unmountUnder(string) error { return nil }
