package process

import "testing"

func TestParseStat(t *testing.T) {
	tests := []struct {
		stat    string
		want    Process
		running bool
		wantErr bool
	}{
		{"7 (sleep) S 3 7 7 0", Process{7, 3, "sleep"}, true, false},
		{"7 (a) b (c) R 3 7", Process{7, 3, "a) b (c"}, true, false},
		{"7 (sleep) Z 3 7", Process{7, 3, "sleep"}, false, false},
		{"7 (sleep) X 0", Process{7, 0, "sleep"}, false, false},
		{"", Process{}, false, true},
		{"7 (sleep)", Process{}, false, true},
		{"x (sleep) S 3", Process{}, false, true},
		{"7 (sleep) S x", Process{}, false, true},
	}
	for _, tt := range tests {
		got, running, err := parseStat([]byte(tt.stat))
		if (err != nil) != tt.wantErr {
			t.Errorf("%q: got error %v, want one: %t", tt.stat, err, tt.wantErr)
		} else if err == nil && (got != tt.want || running != tt.running) {
			t.Errorf("%q: got %+v, running %t", tt.stat, got, running)
		}
	}
}
