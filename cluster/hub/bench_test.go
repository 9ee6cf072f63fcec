package hub_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/internal/test/fleet"
)

// BenchmarkOpen reads a fleet of a thousand over TLS, the server's part included,
// which is to send what it has made before.
func BenchmarkOpen(b *testing.B) {
	body, err := json.Marshal(cluster.NewList(fleet.Clusters(1000)))
	if err != nil {
		b.Fatal(err)
	}
	fresh := &apiServer{renewed: time.Now()}
	k := resolver(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/clusters") {
			fresh.ServeHTTP(w, r)
			return
		}
		w.Write(body)
	}))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if h, err := hub.Open(b.Context(), k, hub.Ref{}); err != nil || len(h.Warnings()) > 0 {
			b.Fatal(err, h.Warnings())
		}
	}
}
