package fleet

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// As many clusters are resolved at the same time as there are turns; one that takes
// long does not count, and one that ends returns its turn once.
func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reconciler{turns: make(chan struct{}, 1)}
		began := time.Now()
		slow, err := r.turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		second, err := r.turn(t.Context()) // once the first no longer counts
		if waited := time.Since(began); err != nil || waited != longTurn {
			t.Errorf("the second waited for %s, %v, want %s", waited, err, longTurn)
		}
		slow()
		ctx, cancel := context.WithTimeout(t.Context(), longTurn/2)
		defer cancel()
		if _, err := r.turn(ctx); err == nil {
			t.Error("a third while the second is under way")
		}
		second()
		began = time.Now()
		third, err := r.turn(t.Context())
		if waited := time.Since(began); err != nil || waited != 0 {
			t.Errorf("the third waited for %s, %v", waited, err)
		}
		third()
	})
}
