package cluster

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimeout(t *testing.T) {
	for d, want := range map[time.Duration]time.Duration{3 * time.Second: 3 * time.Second, 0: DefaultTimeout, -1: DefaultTimeout} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			_, err := Timeout(newGated(), d).Resolve(t.Context(), Request{})
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != want {
				t.Errorf("Timeout(%s): %v after %s", d, err, time.Since(begin))
			}
		})
	}
}
