package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// DefaultName is the name of a Kubernetes cluster that was declared with
// neither a name nor a context.
const DefaultName = "default"

// DockerName is the name of a Docker cluster that was declared without one.
const DockerName = "docker"

// NameFromContext makes a DNS-1123 subdomain, which object names must be, of a
// kubeconfig context's name. A name that already is one stays. In another,
// letters become lower case and every run of other characters a "-"; where
// that leaves nothing or is longer than 253, a hash of the context stands in,
// so that two contexts do not meet by being cut.
func NameFromContext(context string) string {
	if context == "" {
		return DefaultName
	}
	if ValidateName(context) == "" {
		return context
	}
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(context) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
			continue
		}
		gap = true
	}
	name := b.String()
	if name != "" && len(name) <= validation.DNS1123SubdomainMaxLength {
		return name
	}
	sum := sha256.Sum256([]byte(context))
	hash := hex.EncodeToString(sum[:4])
	if name == "" {
		return "context-" + hash
	}
	return strings.TrimRight(name[:validation.DNS1123SubdomainMaxLength-9], "-") + "-" + hash
}

// ValidateName says what is wrong with a cluster's name, "" for nothing.
func ValidateName(name string) string {
	if msgs := validation.IsDNS1123Subdomain(name); len(msgs) > 0 {
		return msgs[0]
	}
	return ""
}
