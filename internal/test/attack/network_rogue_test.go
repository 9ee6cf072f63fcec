package attack

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"go.uber.org/goleak"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// A rogue is a server that misbehaves in one way, whatever it is asked.
type rogue struct {
	name string
	// wire is what the server speaks below.
	wire wiring
	// talk has a connection, after the TLS handshake if there is one. It is closed
	// when talk returns, or the test ends.
	talk func(net.Conn, *bufio.Reader)
	// want is in all the errors; "" leaves the words open.
	want string
	// connects reports that what the server sends is enough for kube and docker,
	// daemon that it may be for docker, which reads no further than the facts: whether
	// it sees the rest before that is a race.
	connects, daemon bool
}

// wiring is how a rogue's connections begin.
type wiring int

const (
	// The first is TLS without HTTP/2 for kube and hub, and plain for docker.
	_ wiring = iota
	// http2 is TLS with HTTP/2 for kube and hub.
	http2
	// socket is no TLS, to clients that expect it.
	socket
	// plain is no TLS, to clients that expect none.
	plain
)

const (
	// rogueDeadline is how long each client waits for a rogue.
	rogueDeadline = 300 * time.Millisecond
	// rogueMemory is how many bytes the three clients, and the rogue beside them,
	// may allocate in all. An answer of 16 MiB takes a client some 90 MiB, since
	// what it is read into grows, and ten times that if it is millions of values.
	rogueMemory = 3 << 30
	// longestLine is how long an error may be.
	longestLine = 5 << 10

	rogueToken = "the-token-of-a-user-0123456789"
)

// TestRogues has kube, docker and hub meet each rogue.
func TestRogues(t *testing.T) {
	log.SetOutput(io.Discard) // net/http logs what servers send unasked
	defer log.SetOutput(os.Stderr)
	pulse := newPulse(t)
	all := slices.Concat(rogueHeaders(), rogueFraming(), rogueBodies(), rogueStatuses(), rogueFrames(), rogueSockets())
	t.Logf("%d rogues", len(all))
	names := map[string]bool{}
	for _, r := range all {
		if names[r.name] {
			t.Errorf("two rows are named %q", r.name)
		}
		names[r.name] = true
		t.Run(r.name, func(t *testing.T) {
			// What a client has read when the server does the next thing is a race, more
			// so on a busy machine. A defect shows each time.
			for attempt := 1; ; attempt++ {
				problems := r.meet(t, pulse)
				if len(problems) == 0 {
					return
				}
				if attempt == 3 {
					t.Fatal(strings.Join(problems, "\n"))
				}
				t.Logf("attempt %d: %s", attempt, strings.Join(problems, "\n"))
			}
		})
	}
}

// meet runs the three clients at the same time, and returns what is wrong with what they
// did.
func (r *rogue) meet(t *testing.T, pulse *pulse) (problems []string) {
	var mu sync.Mutex
	bad := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		problems = append(problems, fmt.Sprintf(format, args...))
	}
	before := goleak.IgnoreCurrent()
	var memory, after runtime.MemStats
	runtime.ReadMemStats(&memory)
	server := r.start(t)
	clients := map[string]func(context.Context) (cluster.ClusterStatus, error){
		"kube": server.kube(t), "docker": server.docker(t), "hub": server.hub(t),
	}
	var running sync.WaitGroup
	for name, client := range clients {
		running.Go(func() {
			deadline := rogueDeadline
			switch {
			case r.connects:
				deadline = patience // what is to be read, is
			case r.daemon && name == "docker":
				deadline = 3 * time.Second // Docker's client waits for the rest all the same
			}
			status, elapsed := ask(t, client, deadline)
			if late := "before the deadline"; strings.Contains(status.Error, late) && !strings.Contains(status.Error, r.want) {
				deadline = patience // a busy machine did not get as far as to what is wanted
				status, elapsed = ask(t, client, deadline)
			}
			if elapsed > deadline+grace+4*pulse.longest() {
				bad("%s: it took %s", name, elapsed)
			}
			t.Logf("%s: %.300s", name, status.Error)
			for _, problem := range r.judge(name, &status) {
				bad("%s: %s: %.300q", name, problem, fmt.Sprintf("%+v", status))
			}
		})
	}
	running.Wait()
	server.stop()
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - memory.TotalAlloc; used > rogueMemory {
		bad("%d MiB were allocated", used>>20)
	}
	if err := goleak.Find(before); err != nil {
		bad("%v", err)
	}
	return problems
}

// ask has a client look at its server, and returns how long it took.
func ask(t *testing.T, client func(context.Context) (cluster.ClusterStatus, error), deadline time.Duration) (cluster.ClusterStatus, time.Duration) {
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	started := time.Now()
	status, err := client(ctx)
	if err != nil {
		status.Error = err.Error()
	}
	return status, time.Since(started)
}

// judge returns what is wrong with what a client made of the rogue.
func (r *rogue) judge(client string, s *cluster.ClusterStatus) (problems []string) {
	bad := func(wrong bool, what string) {
		if wrong {
			problems = append(problems, what)
		}
	}
	connects := r.connects && client != "hub"
	text := fmt.Sprintf("%+v", *s)
	bad(s.Connected() != connects && !(r.daemon && client == "docker"), fmt.Sprintf("connected %t", s.Connected()))
	bad(s.Connected() == (s.Error != ""), "it is connected and has an error, or neither")
	bad(!s.Connected() && (s.Version != "" || s.Arch != "" || s.Registry != nil || s.Identity != ""), "not connected, and yet there are facts")
	bad(s.Connected() && client == "kube" && s.RegistrySource == cluster.SourceNone, "an unknown registry became none")
	bad(strings.Contains(text, rogueToken), "the token is shown")
	bad(len(s.Error) > longestLine, fmt.Sprintf("the error has %d bytes", len(s.Error)))
	bad(!utf8.ValidString(s.Error) || strings.ContainsFunc(s.Error, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	}), "the error is not one clean line")
	bad(!s.Connected() && !strings.Contains(s.Error, r.want), fmt.Sprintf("want %q", r.want))
	return problems
}

// rogueServer is a rogue that listens: for docker at a port of its own, since it
// may speak another language there.
type rogueServer struct {
	r           *rogue
	api, daemon string // addresses
	listeners   []net.Listener
	serving     sync.WaitGroup

	mu      sync.Mutex
	conns   []net.Conn
	stopped bool
}

func (r *rogue) start(t *testing.T) *rogueServer {
	t.Helper()
	s := &rogueServer{r: r}
	pair, err := faults.Certificates(t).Server.TLS()
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{pair}}
	if r.wire == http2 {
		config.NextProtos = []string{"h2"}
	}
	if r.wire == socket || r.wire == plain {
		config = nil
	}
	s.api, s.daemon = s.listen(t, config), s.listen(t, nil)
	t.Cleanup(s.stop)
	return s
}

func (s *rogueServer) listen(t *testing.T, config *tls.Config) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listeners = append(s.listeners, l)
	s.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if config != nil {
				conn = tls.Server(conn, config)
			}
			if s.keep(conn) {
				s.serving.Go(func() {
					defer conn.Close()
					s.r.talk(conn, bufio.NewReader(conn))
				})
			}
		}
	})
	return l.Addr().String()
}

func (s *rogueServer) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		conn.Close()
		return false
	}
	s.conns = append(s.conns, conn)
	return true
}

// stop ends all connections and waits for what serves them.
func (s *rogueServer) stop() {
	s.mu.Lock()
	s.stopped = true
	for _, l := range s.listeners {
		l.Close()
	}
	for _, conn := range s.conns {
		if c, ok := conn.(*tls.Conn); ok {
			c.NetConn().Close() // Close waits for what is being written
		}
		conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

func (s *rogueServer) kubeconfig(t *testing.T) kube.Options {
	t.Helper()
	scheme := "https://"
	if s.r.wire == plain {
		scheme = "http://"
	}
	config := clientcmdapi.NewConfig()
	config.CurrentContext = "test"
	config.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test", Namespace: "team"}
	config.AuthInfos["test"] = &clientcmdapi.AuthInfo{Token: rogueToken}
	config.Clusters["test"] = &clientcmdapi.Cluster{Server: scheme + s.api, CertificateAuthorityData: faults.Certificates(t).CA.PEM}
	text, err := clientcmd.Write(*config)
	if err != nil {
		t.Fatal(err)
	}
	return kube.Options{Config: text, Origin: "the test", Env: []string{}}
}

func (s *rogueServer) kube(t *testing.T) func(context.Context) (cluster.ClusterStatus, error) {
	o := s.kubeconfig(t)
	return func(ctx context.Context) (cluster.ClusterStatus, error) {
		k := kube.New(o)
		defer k.Close()
		obs, err := k.Resolve(ctx, cluster.Request{Name: "test", Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{}}})
		return obs.Status, err
	}
}

func (s *rogueServer) hub(t *testing.T) func(context.Context) (cluster.ClusterStatus, error) {
	o := s.kubeconfig(t)
	return func(ctx context.Context) (cluster.ClusterStatus, error) {
		k := kube.New(o)
		defer k.Close()
		_, err := hub.Open(ctx, k, hub.Ref{})
		return cluster.ClusterStatus{}, err
	}
}

func (s *rogueServer) docker(t *testing.T) func(context.Context) (cluster.ClusterStatus, error) {
	t.Helper()
	env := []string{"HOME=/nowhere"}
	if s.r.wire == socket {
		dir := t.TempDir()
		set := faults.Certificates(t)
		if err := set.Admin.Write(dir, "cert.pem", "key.pem"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "ca.pem"), set.CA.PEM, 0o600); err != nil {
			t.Fatal(err)
		}
		env = append(env, "DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH="+dir)
	}
	return func(ctx context.Context) (cluster.ClusterStatus, error) {
		obs, err := docker.New(docker.Options{Env: env}).Resolve(ctx, cluster.Request{
			Name: "test", Connection: cluster.ClusterConnection{Docker: &cluster.DockerClusterConnection{Host: "tcp://" + s.daemon}},
		})
		return obs.Status, err
	}
}

// requests calls f for each HTTP/1 request until f returns an error.
func requests(f func(net.Conn, *http.Request) error) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		for {
			req, err := http.ReadRequest(in)
			if err == nil {
				err = f(c, req)
			}
			if err != nil {
				return
			}
		}
	}
}

// says answers each request with the same bytes.
func says(answer string) func(net.Conn, *bufio.Reader) {
	return requests(func(c net.Conn, r *http.Request) error {
		_, err := io.WriteString(c, answerTo(r, answer))
		return err
	})
}

// answerTo is what of an answer a request gets: HEAD no body. A client takes that for
// its next answer, or for sent unasked, whichever comes first.
func answerTo(r *http.Request, answer string) string {
	if r.Method != http.MethodHead {
		return answer
	}
	for end := 0; ; {
		n := strings.Index(answer[end:], "\r\n\r\n")
		if n < 0 {
			return answer
		}
		informational := strings.HasPrefix(answer[end:], "HTTP/1.1 1")
		if end += n + len("\r\n\r\n"); !informational {
			return answer[:end]
		}
	}
}

// saysAndCloses answers one request and ends the connection.
func saysAndCloses(answer string) func(net.Conn, *bufio.Reader) {
	return requests(func(c net.Conn, r *http.Request) error {
		if _, err := io.WriteString(c, answerTo(r, answer)); err != nil {
			return err
		}
		return io.EOF
	})
}

// saysForEver answers a request with a beginning and then the same again and again.
func saysForEver(begin, again string) func(net.Conn, *bufio.Reader) {
	again = strings.Repeat(again, 1+(16<<10)/len(again))
	return requests(func(c net.Conn, _ *http.Request) error {
		_, err := io.WriteString(c, begin)
		for err == nil {
			_, err = io.WriteString(c, again)
		}
		return err
	})
}

// waits keeps a connection open until its other end closes it.
func waits(_ net.Conn, in *bufio.Reader) { io.Copy(io.Discard, in) }

// then does one thing after another.
func then(all ...func(net.Conn, *bufio.Reader)) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, in *bufio.Reader) {
		for _, f := range all {
			f(c, in)
		}
	}
}

// writes writes without having been asked.
func writes(text string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, _ *bufio.Reader) { io.WriteString(c, text) }
}

// writesForEver writes the same again and again without having been asked.
func writesForEver(text string) func(net.Conn, *bufio.Reader) {
	return func(c net.Conn, _ *bufio.Reader) {
		for err := error(nil); err == nil; {
			_, err = io.WriteString(c, text)
		}
	}
}
