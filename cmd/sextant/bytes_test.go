package main

import "testing"

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
