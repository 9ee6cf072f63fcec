package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// TestCollectorIsOnlyDelayed holds that after the first collection the heap is
// collected as often as without the delay.
func TestCollectorIsOnlyDelayed(t *testing.T) {
	t.Setenv("GOGC", "")
	usual := debug.SetGCPercent(100)
	defer debug.SetGCPercent(usual)
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	delayCollector()
	if metrics.Read(percent); percent[0].Value.Uint64() != firstCollection {
		t.Errorf("%d percent before the first collection, want %d", percent[0].Value.Uint64(), firstCollection)
	}
	for percent[0].Value.Uint64() != 100 { // the cleanup runs some time after it
		runtime.GC()
		metrics.Read(percent)
	}
	t.Setenv("GOGC", "50")
	delayCollector()
	if metrics.Read(percent); percent[0].Value.Uint64() != 100 {
		t.Errorf("%d percent, although GOGC is set", percent[0].Value.Uint64())
	}
}
