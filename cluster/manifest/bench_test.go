package manifest_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/cluster/manifest/sample"
)

// toRegistry is what a flat naming does, without the registry's rules.
func toRegistry(found *manifest.Image) (string, bool, error) {
	if strings.HasPrefix(found.Text, "localhost:5000/") {
		return found.Text, true, nil
	}
	return "localhost:5000/" + strings.ReplaceAll(found.Text, "/", "_"), true, nil
}

func sampled(tb testing.TB, n int) []byte {
	var b bytes.Buffer
	if err := sample.Write(&b, n); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func BenchmarkStream(b *testing.B) {
	for _, n := range []int{100, 1000, 10000} {
		data := sampled(b, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				plan, err := manifest.Scan(bytes.NewReader(data), manifest.Options{Replace: toRegistry, Index: manifest.NewIndex("default")})
				if err != nil {
					b.Fatal(err)
				}
				if err := plan.Copy(io.Discard, bytes.NewReader(data)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkScan(b *testing.B) {
	data := sampled(b, 1000)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := manifest.Scan(bytes.NewReader(data), manifest.Options{Replace: toRegistry, Index: manifest.NewIndex("default")}); err != nil {
			b.Fatal(err)
		}
	}
}
