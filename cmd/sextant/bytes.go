package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a flag for a number of bytes, such as 512MiB; 0 is no limit.
type byteSize int64

// byteUnits are from the largest.
var byteUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func (b *byteSize) String() string {
	for _, u := range byteUnits {
		if n := int64(*b); n > 0 && n%u.bytes == 0 {
			return fmt.Sprintf("%d%s", n/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Set reads a number with a unit, KiB, MiB or GiB, of which the last letters may
// be left out, or with none for bytes.
func (b *byteSize) Set(text string) error {
	number, factor := text, int64(1)
	for _, u := range byteUnits {
		for _, name := range []string{u.name, u.name[:2]} {
			if n, ok := strings.CutSuffix(text, name); ok {
				number, factor = n, u.bytes
			}
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return usagef("want a number of bytes such as 512MiB, or 0 for no limit")
	}
	*b = byteSize(n * factor)
	return nil
}

func (b *byteSize) Type() string { return "size" }
