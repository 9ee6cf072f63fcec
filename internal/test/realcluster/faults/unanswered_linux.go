package faults

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"
)

// Unanswered is an address whose connection requests get no answer at all, as
// behind a firewall that drops packets: a listener with a backlog of none,
// filled.
func Unanswered(t testing.TB) *Server {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatalf("open a socket: %v", os.NewSyscallError("socket", err))
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatalf("take a port of loopback: %v", os.NewSyscallError("bind", err))
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatalf("listen on loopback: %v", os.NewSyscallError("listen", err))
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatalf("ask for the port taken: %v", os.NewSyscallError("getsockname", err))
	}
	in4, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		t.Fatalf("the socket has an address of type %T, want IPv4", name)
	}
	addr := netip.AddrPortFrom(netip.AddrFrom4(in4.Addr), uint16(in4.Port)).String()
	fill(t, addr)
	return &Server{Addr: addr, URL: "https://" + addr}
}

// fill connects until two connection requests in a row go unanswered: a busy machine
// may keep this process from seeing one answer in time.
func fill(t testing.TB, addr string) {
	t.Helper()
	const more = 16 // than any kernel queues at a backlog of none
	unanswered := 0
	for range more {
		c, err := net.DialTimeout("tcp", addr, 200*time.Millisecond)
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			if unanswered++; unanswered == 2 {
				return
			}
			continue
		}
		unanswered = 0
		if err != nil {
			t.Fatalf("fill the backlog of %s: %v", addr, err)
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatalf("the backlog of %s took %d connections and is not full", addr, more)
}
