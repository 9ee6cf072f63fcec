package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/starlark"
)

// TestLimits holds which limits the flags ask the engine for: 0 is none.
func TestLimits(t *testing.T) {
	usual := starlark.Limits{Steps: starlark.DefaultSteps, Time: 10 * time.Minute, Memory: 512 << 20}
	with := func(change func(*starlark.Limits)) starlark.Limits {
		l := usual
		change(&l)
		return l
	}
	for _, tt := range []struct {
		args []string
		want starlark.Limits
	}{
		{nil, usual},
		{[]string{"--max-steps", "1000"}, with(func(l *starlark.Limits) { l.Steps = 1000 })},
		{[]string{"--max-steps", "0"}, with(func(l *starlark.Limits) { l.Steps = math.MaxUint64 })},
		{[]string{"--max-time", "2m"}, with(func(l *starlark.Limits) { l.Time = 2 * time.Minute })},
		{[]string{"--max-time", "0"}, with(func(l *starlark.Limits) { l.Time = 0 })},
		{[]string{"--max-memory", "1GiB"}, with(func(l *starlark.Limits) { l.Memory = 1 << 30 })},
		{[]string{"--max-memory", "0"}, with(func(l *starlark.Limits) { l.Memory = 0 })},
	} {
		var f limitFlags
		flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
		f.add(flags)
		if err := flags.Parse(tt.args); err != nil {
			t.Errorf("%q: %v", tt.args, err)
			continue
		}
		if d := cmp.Diff(tt.want, f.limits()); d != "" {
			t.Errorf("%q: -want +got\n%s", tt.args, d)
		}
	}
}

func TestByteSize(t *testing.T) {
	for text, want := range map[string]struct {
		bytes byteSize
		shown string
	}{
		"0":       {0, "0"},
		"1000":    {1000, "1000"},
		"4096":    {4096, "4KiB"},
		"512MiB":  {512 << 20, "512MiB"},
		"512Mi":   {512 << 20, "512MiB"},
		"1024MiB": {1 << 30, "1GiB"},
		"2GiB":    {2 << 30, "2GiB"},
		"3Ki":     {3 << 10, "3KiB"},
	} {
		var got byteSize
		if err := got.Set(text); err != nil || got != want.bytes || got.String() != want.shown {
			t.Errorf("%s: got %d, %s, %v", text, got, got.String(), err)
		}
	}
	for _, text := range []string{"", "-1", "MiB", "1.5GiB", "1MB", "1 MiB", "9223372036854775807KiB", "99999999999999999999"} {
		if err := new(byteSize).Set(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

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

func TestTooManyRecordedClusters(t *testing.T) {
	t.Chdir(t.TempDir())
	var list strings.Builder
	list.WriteString("apiVersion: tilt.dev/v1alpha1\nkind: ClusterList\nmetadata: {}\nitems:\n")
	for i := range builtins.DefaultClusters + 1 {
		fmt.Fprintf(&list, "- {metadata: {name: c%d}, spec: {connection: {docker: {}}}, status: {}}\n", i)
	}
	if err := os.WriteFile("clusters.yaml", []byte(list.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	f := scriptFlags{clusters: "clusters.yaml", timeout: time.Minute}
	if _, err := f.recording(t.Context()); err == nil || !strings.Contains(err.Error(), "it holds 10001 clusters") {
		t.Errorf("got %v", err)
	}
}
