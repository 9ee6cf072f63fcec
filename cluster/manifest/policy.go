package manifest

import "fmt"

// PullPolicy is what becomes of imagePullPolicy beside an image that matched.
type PullPolicy string

// The policies. All but PullKeep replace the policy found, or add the field.
const (
	PullKeep         PullPolicy = "keep"
	PullIfNotPresent PullPolicy = "IfNotPresent"
	PullNever        PullPolicy = "Never"
	PullAlways       PullPolicy = "Always"
)

// ParsePullPolicy reads a policy as a user writes it. Empty is PullKeep.
func ParsePullPolicy(s string) (PullPolicy, error) {
	switch p := PullPolicy(s); p {
	case "":
		return PullKeep, nil
	case PullKeep, PullIfNotPresent, PullNever, PullAlways:
		return p, nil
	}
	return "", fmt.Errorf("pull policy %q is unknown: use keep, IfNotPresent, Never or Always", s)
}
