package yamltree

import (
	"bytes"
	"testing"

	"github.com/sextant-dev/sextant/cluster/manifest/sample"
)

// BenchmarkReader reads documents of one generator, and ones that vary.
func BenchmarkReader(b *testing.B) {
	var alike, varied bytes.Buffer
	if err := sample.Write(&alike, 300); err != nil {
		b.Fatal(err)
	}
	if err := sample.WriteVaried(&varied, 300); err != nil {
		b.Fatal(err)
	}
	for name, data := range map[string][]byte{"alike": alike.Bytes(), "varied": varied.Bytes()} {
		b.Run(name, func(b *testing.B) {
			text := padded(data)
			r := NewReader(testSymbols)
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				for start := 0; start < len(text); {
					end, _, err := r.Next(text, start, true)
					if err != nil {
						b.Fatal(err)
					}
					start = end
				}
			}
			if r.Parsed > 0 {
				b.Errorf("%d bytes were left to the YAML parser", r.Parsed)
			}
		})
	}
}
