package kube_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/sextant-dev/sextant/cluster/clustertest"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

// lookUp answers name lookups out of addresses until the test ends, and every
// other name with "no such host". With nil it does not answer at all. It returns
// whether it was asked.
func lookUp(t testing.TB, addresses map[string][]string) (asked *atomic.Bool) {
	t.Helper()
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked = new(atomic.Bool)
	var serving sync.WaitGroup
	serving.Go(func() {
		query := make([]byte, 1500)
		for {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			asked.Store(true)
			if reply := answerLookUp(query[:n], addresses); reply != nil {
				server.WriteTo(reply, from)
			}
		}
	})
	before := net.DefaultResolver
	dialer := &net.Dialer{Resolver: before} // or it would ask for the default one at any time
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		server.Close()
		serving.Wait()
	})
	return asked
}

func answerLookUp(query []byte, addresses map[string][]string) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 || addresses == nil {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Additionals = true, nil
	found, ok := addresses[strings.TrimSuffix(q.Name.String(), ".")]
	if !ok {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, a := range found {
		if q.Type == dnsmessage.TypeA {
			m.Answers = append(m.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60},
				Body:   &dnsmessage.AResource{A: [4]byte(net.ParseIP(a).To4())},
			})
		}
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

func TestLookUpProblem(t *testing.T) {
	for _, tc := range []struct {
		name      string
		addresses map[string][]string
		hangs     bool
		want      string
	}{
		{"no such host", map[string][]string{}, false,
			`name lookup of api.example.test failed: no such host; check the network, a VPN that it may need, and server of cluster "prod" in DIR/config`},
		{"no answer", nil, true,
			`name lookup of api.example.test failed: no answer before the deadline; check the network, a VPN that it may need, and server of cluster "prod" in DIR/config`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asked := lookUp(t, tc.addresses)
			r := kube.New(kube.Options{Kubeconfig: write(t, configFor(t, "https://api.example.test:6443")), Env: []string{}})
			defer r.Close()
			var reached func() bool
			if tc.hangs {
				reached = asked.Load
			}
			ctx := expiresAt(t, reached)
			before := goleak.IgnoreCurrent()
			got := resolveIn(ctx, t, r, "").Status.Error
			noneLeft(t, before)
			if diff := cmp.Diff(tc.want, masked(got)); diff != "" {
				t.Errorf("status.error (-want +got):\n%s", diff)
			}
		})
	}
}

// A name that has a dead address and a live one is reached by the live one.
func TestDeadAndLiveAddress(t *testing.T) {
	server := clustertest.NewKube(t, clustertest.KubeFacts{})
	for _, addresses := range [][]string{{"127.0.0.2", "127.0.0.1"}, {"127.0.0.1", "127.0.0.2"}} {
		t.Run(addresses[0], func(t *testing.T) {
			lookUp(t, map[string][]string{"kubernetes.default.svc": addresses})
			config := server.Kubeconfig()
			config.Clusters["test"].Server = named(server.URL)
			if obs := resolve(t, config, long); !obs.Status.Connected() {
				t.Error(obs.Status.Error)
			}
		})
	}
}

// What NO_PROXY names is connected to directly.
func TestNoProxy(t *testing.T) {
	lookUp(t, map[string][]string{"kubernetes.default.svc": {"127.0.0.1"}})
	server := clustertest.NewKube(t, clustertest.KubeFacts{})
	config := server.Kubeconfig()
	config.Clusters["test"].Server = named(server.URL)
	for _, exempt := range []string{".svc", "kubernetes.default.svc", "*"} {
		proxy := faults.DenyingProxy(t)
		env := []string{"HTTPS_PROXY=" + proxy.URL, "NO_PROXY=" + exempt}
		obs := resolveWith(t, kube.Options{Kubeconfig: write(t, config), Env: env}, "", long)
		if !obs.Status.Connected() || proxy.Connections() != 0 {
			t.Errorf("NO_PROXY=%s: %d connections to the proxy: %s", exempt, proxy.Connections(), obs.Status.Error)
		}
	}
}
