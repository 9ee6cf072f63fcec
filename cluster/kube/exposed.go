package kube

import (
	"fmt"

	"github.com/sextant-dev/sextant/internal/localfile"
)

// exposed are warnings about files that hold the user's secrets and that
// everybody on this machine can read. What a kubelet writes into a pod is
// readable by design.
func (t *target) exposed() []string {
	u := t.user
	if u.LocationOfOrigin == "" {
		return nil
	}
	var warnings []string
	warn := func(file, what string) {
		if file != "" && localfile.Exposed(file) {
			warnings = append(warnings, fmt.Sprintf("everybody on this machine can read %s, which holds %s of user %s: run chmod 600 %[1]s",
				file, what, quote(t.context.AuthInfo)))
		}
	}
	if u.Token != "" || u.Password != "" || len(u.ClientKeyData) > 0 {
		warn(u.LocationOfOrigin, "secrets")
	}
	if len(u.ClientKeyData) == 0 {
		warn(u.ClientKey, "the key")
	}
	// The token file counts where there are both.
	warn(u.TokenFile, "the token")
	return warnings
}
