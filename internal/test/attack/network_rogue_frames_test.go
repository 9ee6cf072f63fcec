package attack

import (
	"bufio"
	"crypto/tls"
	bigendian "encoding/binary"
	"io"
	"net"
	"strings"

	"github.com/sextant-dev/sextant/internal/test/certs"
)

// Types of HTTP/2 frames, RFC 9113 section 6.
const (
	frameData, frameHeaders, frameReset, frameSettings, framePing   = 0, 1, 3, 4, 6
	framePush, frameGoAway, frameWindow, frameContinuation, frameXY = 5, 7, 8, 9, 0x77

	endStream, endHeaders = 1, 4
)

// status200 is HPACK for ":status: 200".
const status200 = "\x88"

func frame(kind, flags byte, stream uint32, payload string) string {
	head := bigendian.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return string(bigendian.BigEndian.AppendUint32(append(head, flags), stream)) + payload
}

func number(n uint32) string { return string(bigendian.BigEndian.AppendUint32(nil, n)) }

// frames greets a client of HTTP/2 and answers each of its requests with what answer
// returns for the number of the stream; then that repeats, if it is for ever.
func frames(forEver bool, answer func(stream uint32) string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		io.WriteString(c, frame(frameSettings, 0, 0, ""))
		if _, err := io.CopyN(io.Discard, in, int64(len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))); err != nil {
			return
		}
		for {
			var head [9]byte
			if _, err := io.ReadFull(in, head[:]); err != nil {
				return
			}
			size := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
			if _, err := io.CopyN(io.Discard, in, size); err != nil {
				return
			}
			if head[3] != frameHeaders {
				continue
			}
			text := answer(bigendian.BigEndian.Uint32(head[5:]))
			for again := true; again; again = forEver {
				if _, err := io.WriteString(c, text); err != nil {
					return
				}
			}
		}
	}
}

func rogueFrames() []rogue {
	ok := func(stream uint32) string { return frame(frameHeaders, endHeaders, stream, status200) }
	once := func(name string, answer func(uint32) string) rogue {
		return rogue{name: "HTTP/2: " + name, wire: http2, talk: frames(false, answer)}
	}
	forEver := func(name string, answer func(uint32) string) rogue {
		return rogue{name: "HTTP/2: " + name, wire: http2, talk: frames(true, answer)}
	}
	always := func(text string) func(uint32) string { return func(uint32) string { return text } }
	return []rogue{
		once("GOAWAY", always(frame(frameGoAway, 0, 0, number(0)+number(0)))),
		once("GOAWAY with an error and last words", always(frame(frameGoAway, 0, 0, number(0)+number(11)+"\x1b[2J\u202ewords"))),
		once("GOAWAY that goes back", func(s uint32) string {
			return frame(frameGoAway, 0, 0, number(1<<31-1)+number(0)) + frame(frameGoAway, 0, 0, number(0)+number(0))
		}),
		once("RST_STREAM", func(s uint32) string { return frame(frameReset, 0, s, number(2)) }),
		once("RST_STREAM of a refused stream", func(s uint32) string { return frame(frameReset, 0, s, number(7)) }),
		once("RST_STREAM in the body", func(s uint32) string {
			return ok(s) + frame(frameData, 0, s, `{"gitVersion":"v1`) + frame(frameReset, 0, s, number(8))
		}),
		once("HTTP/1.1 required", func(s uint32) string { return frame(frameReset, 0, s, number(13)) }),
		forEver("RST_STREAM without end", func(s uint32) string { return frame(frameReset, 0, s, number(7)) }),
		forEver("SETTINGS without end", always(frame(frameSettings, 0, 0, "\x00\x04"+number(65535)))),
		forEver("PING without end", always(frame(framePing, 0, 0, "12345678"))),
		once("SETTINGS out of range", always(frame(frameSettings, 0, 0, "\x00\x04"+number(1<<32-1)))),
		once("no streams allowed", always(frame(frameSettings, 0, 0, "\x00\x03"+number(0)))),
		once("CONTINUATION without end", func(s uint32) string {
			return frame(frameHeaders, 0, s, status200) + strings.Repeat(frame(frameContinuation, 0, s, strings.Repeat("\x88", 16<<10)), 1000)
		}),
		once("empty CONTINUATION without end", func(s uint32) string {
			return frame(frameHeaders, 0, s, status200) + strings.Repeat(frame(frameContinuation, 0, s, ""), 1_000_000)
		}),
		once("headers that never end", func(s uint32) string { return frame(frameHeaders, 0, s, status200) }),
		once("a body that never comes", ok),
		once("a window of zero", func(s uint32) string { return frame(frameWindow, 0, s, number(0)) }),
		once("a window too large", func(s uint32) string { return frame(frameWindow, 0, 0, number(1<<31-1)) }),
		forEver("data of no bytes without end", func(s uint32) string { return frame(frameData, 0, s, "") }),
		forEver("headers, then empty data", func(s uint32) string { return ok(s) + frame(frameData, 0, s, "") }),
		once("data before headers", func(s uint32) string { return frame(frameData, endStream, s, facts) }),
		once("data on a stream of no one", func(s uint32) string { return frame(frameData, endStream, s+1000, facts) }),
		once("a push", func(s uint32) string { return frame(framePush, endHeaders, s, number(2)+status200) }),
		once("an unknown frame", func(s uint32) string { return frame(frameXY, 0, s, "whatever") }),
		once("a frame too large", func(s uint32) string { return frame(frameData, 0, s, strings.Repeat("x", 1<<24-1)) }),
		once("broken HPACK", func(s uint32) string { return frame(frameHeaders, endHeaders, s, "\xff\xff\xff\xff\xff\xff\xff\xff") }),
		once("no status", func(s uint32) string { return frame(frameHeaders, endHeaders|endStream, s, "") }),
		once("a header with controls", func(s uint32) string {
			return frame(frameHeaders, endHeaders, s, status200+"\x00\x01\n\x05\x1b[2Jx")
		}),
		forEver("1xx without end", func(s uint32) string { return frame(frameHeaders, endHeaders, s, "\x08\x03103") }),
		{name: "HTTP/2: HTTP/1.1 after its handshake", wire: http2, talk: then(writes(response("200 OK", "", facts)), waits), daemon: true},
		{name: "HTTP/2: silence after its handshake", wire: http2, talk: waits},
		{name: "HTTP/2: the end after its handshake", wire: http2, talk: func(c net.Conn, _ *bufio.Reader) {
			if c, ok := c.(*tls.Conn); ok {
				c.Handshake()
			}
		}},
	}
}

func rogueSockets() []rogue {
	record := func(kind byte, payload string) string {
		return string([]byte{kind, 3, 3, byte(len(payload) >> 8), byte(len(payload))}) + payload
	}
	after := func(text string) func(net.Conn, *bufio.Reader) {
		return func(c net.Conn, in *bufio.Reader) {
			in.ReadByte() // the first of a greeting
			io.WriteString(c, text)
			waits(c, in)
		}
	}
	named := func(names ...string) func(net.Conn, *bufio.Reader) {
		return func(c net.Conn, _ *bufio.Reader) {
			set, err := certs.Shared()
			if err != nil {
				return
			}
			issued, err := set.CA.Issue(certs.Leaf{CommonName: "rogue", Hosts: names})
			if err != nil {
				return
			}
			handshake(c, issued)
		}
	}
	var long []string
	for i := range 6 {
		long = append(long, strings.Repeat("x", 9000+i))
	}
	return []rogue{
		{name: "accepted and never read", wire: socket, talk: waits},
		{name: "closed at once", wire: socket, talk: func(net.Conn, *bufio.Reader) {}},
		{name: "an SSH banner", wire: socket, talk: then(writes("SSH-2.0-OpenSSH_9.9\r\n"), waits), want: "not TLS"},
		{name: "an SMTP banner", wire: socket, talk: then(writes("220 mail.test ESMTP\x1b[2J\r\n"), waits), want: "not TLS"},
		{name: "HTTP in place of TLS", wire: socket, talk: after(response("400 Bad Request", "", "\x1b[2J")), want: "not TLS"},
		{name: "a TLS alert about the version", wire: socket, talk: after(record(21, "\x02\x46"))},
		{name: "a TLS alert of no known number", wire: socket, talk: after(record(21, "\x02\xee"))},
		{name: "TLS warnings without end", wire: socket, talk: writesForEver(record(21, "\x01\x5a"))},
		{name: "empty TLS records without end", wire: socket, talk: writesForEver(record(22, ""))},
		{name: "a TLS message of 16 MiB", wire: socket, talk: after(record(22, "\x02\xff\xff\xff"+strings.Repeat("x", 1000)))},
		{name: "a handshake that never ends", wire: socket, talk: after(record(22, "\x02\x00\x00\x50\x03\x03"))},
		{name: "a certificate for names with controls", wire: socket, talk: named("\x1b[2J\n.test")},
		{name: "a certificate for long names", wire: socket, talk: named(long...)},
		{name: "a certificate for no name", wire: socket, talk: named()},
		{name: "a certificate for itself only", wire: socket, talk: func(c net.Conn, _ *bufio.Reader) {
			ca, err := certs.NewAuthority("\x1b[2J\u202e")
			if err != nil {
				return
			}
			issued, err := ca.Issue(certs.Leaf{CommonName: "\x1b[2J", Hosts: []string{"127.0.0.1"}})
			if err == nil {
				handshake(c, issued)
			}
		}, want: "unknown authority"},
		{name: "TLS 1.0 only", wire: socket, talk: func(c net.Conn, _ *bufio.Reader) {
			if set, err := certs.Shared(); err == nil {
				handshake(c, set.Server, tls.VersionTLS10)
			}
		}},
		{name: "plain: an SSH banner", wire: plain, talk: then(writes("SSH-2.0-OpenSSH_9.9\r\n"), waits), want: "not HTTP"},
		{name: "plain: an SMTP banner", wire: plain, talk: then(writes("220 mail.test ESMTP\x1b[2J\r\n"), waits), want: "not HTTP"},
		{name: "plain: a TLS alert", wire: plain, talk: saysAndCloses(record(21, "\x02\x32")), want: "wants TLS"},
		{name: "plain: bytes without end", wire: plain, talk: writesForEver(strings.Repeat("\x00\xff", 4<<10))},
		{name: "plain: HTTP/2 frames unasked", wire: plain, talk: then(writes(frame(frameSettings, 0, 0, "")), waits)},
	}
}

// handshake is that of a server with a certificate, which then waits.
func handshake(c net.Conn, pair certs.Pair, versions ...uint16) {
	own, err := pair.TLS()
	if err != nil {
		return
	}
	config := &tls.Config{Certificates: []tls.Certificate{own}}
	for _, v := range versions {
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, v
	}
	if server := tls.Server(c, config); server.Handshake() == nil {
		io.Copy(io.Discard, server)
	}
}
