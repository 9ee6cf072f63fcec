package analysis_test

import (
	"testing"
	"testing/fstest"

	"github.com/sextant-dev/sextant/internal/test/longscript"
	"github.com/sextant-dev/sextant/starlark"
)

// BenchmarkCheck analyzes 10,000 lines.
func BenchmarkCheck(b *testing.B) {
	files := fstest.MapFS{"Clusterfile": {Data: []byte(longscript.Text(10_000))}}
	engine := starlark.Engine{Files: files, Table: table}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := engine.Check(b.Context(), "Clusterfile"); err != nil {
			b.Fatal(err)
		}
	}
}
