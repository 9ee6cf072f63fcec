package kube

import "testing"

func TestEnviron(t *testing.T) {
	e := newEnviron([]string{"A=1", "B=", "A=2", "HTTPS_PROXY=upper", "https_proxy=lower", "no_proxy=lower", "odd"})
	for key, want := range map[string]string{"A": "2", "B": "", "C": "", "odd": ""} {
		if got := e.get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if p := e.proxies(); p.HTTPSProxy != "upper" || p.NoProxy != "lower" || p.HTTPProxy != "" {
		t.Errorf("proxies %+v", p)
	}
}
