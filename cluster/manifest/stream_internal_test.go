package manifest

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestLastSeparator compares with bytes.LastIndex on inputs that have little else than
// parts of separators.
func TestLastSeparator(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		b := make([]byte, r.IntN(40))
		for i := range b {
			b[i] = "\n---, abcdefgh"[r.IntN(6+8*r.IntN(2))]
		}
		if got, want := lastSeparator(b), bytes.LastIndex(b, []byte(separator)); got != want {
			t.Fatalf("%q: %d, want %d", b, got, want)
		}
	}
}
