package hub

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// scheme begins every reference to a hub. There is one kind of hub.
const scheme = "kubernetes"

// Ref is a reference to a hub, as --clusters-from takes it:
// kubernetes[:CONTEXT][/NAMESPACE].
type Ref struct {
	// Context is a context of the kubeconfig; "" is the current one.
	Context string
	// Namespace is the one whose clusters are read; "" is the context's.
	Namespace string
}

// ParseRef reads a reference. contexts are those of the kubeconfig: a name with a
// slash, such as an ARN, is a context if it is among them, and else a context and
// a namespace.
func ParseRef(text string, contexts []string) (Ref, error) {
	kind, rest, named := strings.Cut(text, ":")
	if !named {
		kind, rest, _ = strings.Cut(text, "/")
		if rest != "" {
			rest = "/" + rest
		}
	}
	if kind != scheme || named && rest == "" {
		return Ref{}, fmt.Errorf("%q is not a hub: write kubernetes, kubernetes:CONTEXT, kubernetes/NAMESPACE or kubernetes:CONTEXT/NAMESPACE", text)
	}
	if slices.Contains(contexts, rest) {
		return Ref{Context: rest}, nil
	}
	i := strings.LastIndexByte(rest, '/')
	if i < 0 {
		return Ref{Context: rest}, nil
	}
	ref := Ref{Context: rest[:i], Namespace: rest[i+1:]}
	if msgs := validation.IsDNS1123Label(ref.Namespace); len(msgs) > 0 {
		return Ref{}, fmt.Errorf("%q is not a hub: %q is not a namespace: %s", text, ref.Namespace, msgs[0])
	}
	return ref, nil
}

// String is the reference as ParseRef takes it.
func (r Ref) String() string {
	s := scheme
	if r.Context != "" {
		s += ":" + r.Context
	}
	if r.Namespace != "" {
		s += "/" + r.Namespace
	}
	return s
}
