package attack

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// facts is enough for kube and docker alike.
const facts = `{"gitVersion":"v1.36.3","Version":"28.5.0","Arch":"amd64"}`

// response is a whole HTTP/1 answer.
func response(status, headers, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s", status, len(body), headers, body)
}

func chunked(chunks string) string {
	return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
}

// inOneChunk is a body that the rest of a chunked answer comes after.
func inOneChunk(rest string) string {
	return chunked(fmt.Sprintf("%x\r\n%s\r\n", len(facts), facts) + rest)
}

func rogueHeaders() []rogue {
	const ok = "HTTP/1.1 200 OK\r\n"
	echo := func(header string) func(net.Conn, *http.Request) error {
		return func(c net.Conn, r *http.Request) error {
			_, err := fmt.Fprintf(c, ok+header, r.Header.Get("Authorization"), "x\r\n"+r.Header.Get("User-Agent"))
			return err
		}
	}
	return []rogue{
		{name: "a header of 11 MiB", talk: says(ok + "X: " + strings.Repeat("x", 11<<20) + "\r\n\r\n")},
		{name: "100,000 headers", talk: says(response("200 OK", strings.Repeat("X: y\r\n", 100_000), facts)), connects: true},
		{name: "headers without end", talk: saysForEver(ok, "X: y\r\n")},
		{name: "one header without end", talk: saysForEver(ok+"X: ", "y")},
		{name: "a status line without end", talk: saysForEver("HTTP/1.1 200 ", "y")},
		{name: "no status line", talk: says("\r\n\r\n\r\n\r\n"), want: "not HTTP"},
		{name: "a status of four digits", talk: says("HTTP/1.1 2000 OK\r\n\r\n"), want: "not HTTP"},
		{name: "a negative status", talk: says("HTTP/1.1 -20 OK\r\n\r\n"), want: "not HTTP"},
		{name: "HTTP/9.9", talk: saysAndCloses("HTTP/9.9 200 OK\r\n\r\n")},
		{name: "HTTP/0.9", talk: saysAndCloses(facts), want: "not HTTP"},
		{name: "a NUL in a header", talk: says(ok + "X\x00: \x1b[2J\r\n\r\n")},
		{name: "controls in a status line", talk: says("HTTP/1.1 500 \x1b[2J\x07\u202e\r\nContent-Length: 0\r\n\r\n"), want: "500"},
		{name: "a header without a colon", talk: says(ok + "nothing\r\n\r\n"), want: "not HTTP"},
		{name: "Content-Length twice, with the token", talk: requests(echo("Content-Length: %s\r\nContent-Length: %s\r\n\r\n"))},
		{name: "Transfer-Encoding twice, with the token", talk: requests(echo("Transfer-Encoding: %s\r\nTransfer-Encoding: %s\r\n\r\n"))},
		{name: "a location that is the token", talk: requests(func(c net.Conn, r *http.Request) error {
			_, err := io.WriteString(c, response("302 Found", "Location: https://"+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+".test/\r\n", ""))
			return err
		})},
	}
}

func rogueFraming() []rogue {
	const ok = "HTTP/1.1 200 OK\r\n"
	return []rogue{
		{name: "a chunk of negative size", talk: says(chunked("-5\r\nhello\r\n0\r\n\r\n"))},
		{name: "a chunk of huge size", talk: says(chunked("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"))},
		{name: "a chunk of eight exbibytes", talk: says(chunked("7fffffffffffffff\r\nhello"))},
		{name: "a chunk size that is not hexadecimal", talk: says(chunked("five\r\nhello\r\n0\r\n\r\n"))},
		{name: "a chunk size without end", talk: saysForEver(chunked(""), "0")},
		{name: "a chunk extension without end", talk: saysForEver(chunked("5;x="), "y")},
		{name: "chunks of a byte with long extensions", talk: saysForEver(chunked(""), "1;"+strings.Repeat("x", 1000)+"\r\n \r\n")},
		{name: "a trailer that was declared", talk: says("HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.TrimPrefix(inOneChunk("0\r\nX: y\r\n\r\n"), chunked(""))), connects: true},
		{name: "a trailer that was not declared", talk: says(inOneChunk("0\r\nX: y\r\n\r\n")), connects: true},
		{name: "trailers without end", talk: saysForEver(inOneChunk("0\r\n"), "X: y\r\n"), daemon: true},
		{name: "no last chunk", talk: says(inOneChunk("")), daemon: true},
		{name: "Content-Length too long", talk: saysAndCloses(ok + "Content-Length: 1000\r\n\r\n" + facts), daemon: true},
		{name: "Content-Length too short", talk: saysAndCloses(ok + "Content-Length: 10\r\n\r\n" + facts)},
		{name: "Content-Length twice", talk: says(ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + facts), want: "not HTTP"},
		{name: "Content-Length negative", talk: says(ok + "Content-Length: -1\r\n\r\n" + facts), want: "not HTTP"},
		{name: "Content-Length of 10^20", talk: says(ok + "Content-Length: 100000000000000000000\r\n\r\n" + facts), want: "not HTTP"},
		{name: "Content-Length of eight exbibytes", talk: says(ok + "Content-Length: 9223372036854775807\r\n\r\n" + facts), daemon: true},
		{name: "Content-Length beside chunks", talk: says(ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.TrimPrefix(inOneChunk("0\r\n\r\n"), chunked(""))), connects: true},
		{name: "an unknown transfer encoding", talk: says(ok + "Transfer-Encoding: zstd\r\n\r\n" + facts), want: "not HTTP"},
		{name: "two answers to one request", talk: says(response("200 OK", "", `{"gitVersion":""}`) + response("200 OK", "", facts))},
		{name: "a body for HEAD", talk: requests(func(c net.Conn, _ *http.Request) error {
			_, err := io.WriteString(c, response("200 OK", "", `{"Version":"28.5.0","Arch":"amd64"}`))
			return err
		}), daemon: true},
		{name: "a byte, then nothing", talk: requests(func(c net.Conn, _ *http.Request) error { _, err := c.Write([]byte("H")); return err })},
		{name: "a byte twenty times a second", talk: drips},
		{name: "cut in a string", talk: saysAndCloses(ok + "\r\n" + `{"gitVersion":"v1.3`)},
		{name: "100 without end", talk: saysForEver("", "HTTP/1.1 100 Continue\r\n\r\n")},
		{name: "103 without end", talk: saysForEver("", "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n")},
		{name: "a long 103", talk: saysForEver("HTTP/1.1 103 Early Hints\r\n", "X: y\r\n")},
		{name: "102, then an answer", talk: says("HTTP/1.1 102 Processing\r\n\r\n" + response("200 OK", "", facts)), connects: true},
	}
}

// drips answers one request a byte at a time.
func drips(c net.Conn, in *bufio.Reader) {
	requests(func(c net.Conn, _ *http.Request) error {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for i := range len(facts) {
			if _, err := io.WriteString(c, response("200 OK", "", facts)[i:i+1]); err != nil {
				return err
			}
			<-tick.C
		}
		return nil
	})(c, in)
}

func rogueBodies() []rogue {
	body := func(name, body string) rogue { return rogue{name: name, talk: says(response("200 OK", "", body))} }
	encoded := func(encoding, body string) string {
		return response("200 OK", "Content-Encoding: "+encoding+"\r\n", body)
	}
	zip := func(text string) string {
		var zipped bytes.Buffer
		w := gzip.NewWriter(&zipped)
		io.WriteString(w, text)
		w.Close()
		return zipped.String()
	}
	// What is zipped may be in several members.
	bomb := strings.Repeat(zip(strings.Repeat(" ", 1<<20)), 200)
	bombInJSON := zip(`{"gitVersion":"`) + strings.Repeat(zip(strings.Repeat("x", 1<<20)), 200)
	small := zip(facts)
	connects := func(r rogue) rogue { r.connects = true; return r }
	daemon := func(r rogue) rogue { r.daemon = true; return r }
	many := func(begin, item, end string) string {
		return begin + strings.Repeat(item+",", (15<<20)/(len(item)+1)) + item + end
	}
	return []rogue{
		{name: "a gzip bomb", talk: says(encoded("gzip", bomb))},
		{name: "a gzip bomb in a string", talk: says(encoded("gzip", bombInJSON))},
		{name: "gzip to who asked for none or not", talk: says(response("200 OK", "", small))},
		{name: "gzip that is none", talk: says(encoded("gzip", facts)), daemon: true},
		{name: "gzip cut short", talk: says(encoded("gzip", small[:len(small)-6]))},
		{name: "deflate that is none", talk: says(encoded("deflate", "\x78\x9c\x03"))},
		{name: "an unknown encoding", talk: says(encoded("x-unknown", "\x01\x02\x03"))},
		{name: "the wrong Content-Type", talk: says("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: " + fmt.Sprint(len(facts)) + "\r\n\r\n" + facts), connects: true},
		body("a captive portal", "<!DOCTYPE html><title>Sign in</title>\x1b[2J<p>Welcome to the hotel"),
		body("empty", ""),
		body("spaces", strings.Repeat(" \n", 1000)),
		body("null", "null"),
		body("an array", "[]"),
		body("a string", `"v1.36.3"`),
		body("a number", "1e999"),
		body("facts that are null", `{"gitVersion":null,"Version":null,"kind":null,"items":null,"metadata":null}`),
		body("facts that are arrays", `{"gitVersion":[],"Version":[],"kind":[],"items":{},"metadata":[]}`),
		body("facts that are objects", `{"gitVersion":{},"Version":{},"kind":{},"items":{},"metadata":{}}`),
		body("numbers out of range", `{"gitVersion":1e999,"Version":1e999,"kind":"ClusterList","items":[],"metadata":{"remainingItemCount":1`+strings.Repeat("0", 100_000)+`}}`),
		body("duplicate keys", `{"gitVersion":"v1","gitVersion":"","Version":"1","Version":"","kind":"ClusterList","items":[{"metadata":{"name":"a"}}],"items":[]}`),
		body("deep arrays", strings.Repeat("[", 8<<20)),
		body("deep objects", strings.Repeat(`{"gitVersion":`, 1<<20)),
		body("deep below a fact", `{"x":`+strings.Repeat("[", 1<<20)+strings.Repeat("]", 1<<20)+`,"gitVersion":"v1","Version":"1"}`),
		body("a byte order mark", "\ufeff"+facts),
		body("UTF-16", "\xff\xfe{\x00}\x00"),
		connects(body("invalid UTF-8 and controls", `{"gitVersion":"v1`+"\xff\xfe"+`\u001b[2J\u202e\n","Version":"1`+"\xff"+`\u001b[2J\u202e\n","Arch":"\u0007"}`)),
		connects(body("a version of 4 MiB", `{"gitVersion":"`+strings.Repeat("v", 4<<20)+`","Version":"`+strings.Repeat("v", 4<<20)+`"}`)),
		daemon(body("two documents", facts+facts)),
		body("a list without items", `{"kind":"ClusterList","metadata":{}}`),
		body("millions of items", many(`{"kind":"ClusterList","Components":[`, `{}`, `],"items":[{}]}`)),
		body("millions of clusters", many(`{"kind":"ClusterList","items":[`, `{}`, `]}`)),
		body("hundreds of thousands of clusters", many(`{"kind":"ClusterList","items":[`, `{"metadata":{"name":"a"}}`, `]}`)),
		body("pods", `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[{"metadata":{"name":"a"}}]}`),
		body("an empty list of pods", `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}`),
		body("items without a kind", `{"items":[]}`),
		body("an item that is null", `{"kind":"ClusterList","items":[null]}`),
		body("an item without a name", `{"kind":"ClusterList","items":[{}]}`),
		body("one name twice", `{"kind":"ClusterList","items":[{"metadata":{"name":"a"}},{"metadata":{"name":"a"}}]}`),
		body("an item of another kind", `{"kind":"ClusterList","items":[{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}]}`),
		body("a time that is a book", `{"kind":"ClusterList","items":[{"metadata":{"name":"a"},"status":{"connectedAt":"`+strings.Repeat("\u202e", 1<<20)+`"}}]}`),
		body("a number that is a book", `{"kind":"ClusterList","items":[{"metadata":{"name":`+strings.Repeat("9", 1<<20)+`}}]}`),
		body("one page for ever", `{"kind":"ClusterList","metadata":{"continue":"x"},"items":[]}`),
		body("one page with an item for ever", `{"kind":"ClusterList","metadata":{"continue":"x"},"items":[{"metadata":{"name":"a"}}]}`),
		body("a token of 12 MiB", `{"kind":"ClusterList","metadata":{"continue":"`+strings.Repeat("x", 12<<20)+`"},"items":[]}`),
	}
}

func rogueStatuses() []rogue {
	status := func(status, headers string) rogue {
		return rogue{name: strings.TrimSpace(status + " " + headers), talk: says(response(status, headers, ""))}
	}
	to := func(location string) rogue {
		return rogue{name: "redirect to " + location, talk: says(response("302 Found", "Location: "+location+"\r\n", ""))}
	}
	long := to("https://" + strings.Repeat("x", 1<<20) + ".test/")
	long.name = "redirect to a long name"
	return []rogue{
		{name: "204", talk: says("HTTP/1.1 204 No Content\r\n\r\n")},
		{name: "206", talk: says(response("206 Partial Content", "Content-Range: bytes 0-5/1000\r\n", facts)), want: "206"},
		{name: "203", talk: says(response("203 Non-Authoritative Information", "", facts)), want: "203"},
		{name: "304", talk: says("HTTP/1.1 304 Not Modified\r\n\r\n"), want: "304"},
		status("421 Misdirected Request", ""),
		status("451 Unavailable For Legal Reasons", ""),
		status("511 Network Authentication Required", ""),
		status("999 Whatever", ""),
		status("410 Gone", ""),
		status("407 Proxy Authentication Required", "Proxy-Authenticate: Basic\r\n"),
		status("401 Unauthorized", "WWW-Authenticate: Basic realm=\"\x1b[2J\"\r\n"),
		status("429 Too Many Requests", "Retry-After: -1\r\n"),
		status("429 Too Many Requests", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"),
		status("429 Too Many Requests", "Retry-After: 100000000000000000000\r\n"),
		status("503 Service Unavailable", "Retry-After: 1e3\r\n"),
		status("503 Service Unavailable", "Retry-After: "+strings.Repeat("9", 100)+"\r\n"),
		to("/version"), to("//other.test/"), to("http://127.0.0.1:1/"), to("file:///etc/passwd"), to("https://user:password@other.test/"),
		to("https://%E2%80%AE.test/"), to("https://[::1%25\x1b]/"), to("javascript:alert(1)"), to(""), long,
		to("?" + strings.Repeat("x", 1000)),
	}
}
