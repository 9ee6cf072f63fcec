package builtins

import (
	"slices"

	sl "go.starlark.net/starlark"
)

// contextFunctions ask the kubeconfig, or the recording in its place.
func contextFunctions() []Function {
	current := func(name, doc string, pick func(context, namespace string) string) Function {
		return Function{
			Name: name, Returns: "str", Doc: doc,
			call: func(c *call) (sl.Value, error) {
				if c.run.options.Catalog == nil {
					return sl.String(pick("", "")), nil
				}
				context, namespace, err := c.run.options.Catalog.CurrentContext()
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				return sl.String(pick(context, namespace)), nil
			},
		}
	}
	return []Function{
		current("k8s_context", "Returns the kubeconfig's current context, without connecting; empty where there is none.",
			func(context, _ string) string { return context }),
		current("k8s_namespace", "Returns the namespace of the current context, without connecting.",
			func(_, namespace string) string { return namespace }),
		{
			Name: "k8s_contexts", Returns: "list[str]", Doc: "Returns every context of the kubeconfig, sorted, without connecting.",
			call: func(c *call) (sl.Value, error) {
				if c.run.options.Catalog == nil {
					return stringList(nil), nil
				}
				names, err := c.run.options.Catalog.Contexts()
				if err != nil {
					return nil, c.errorf("%w", err)
				}
				return stringList(names), nil
			},
		},
		{
			Name:     "allow_k8s_contexts",
			declares: true,
			Params:   []Param{{"contexts", typeStrOrStrs, nil, "The contexts that images may be named for."}},
			Returns:  "None",
			Doc:      "Allows contexts beyond local development clusters to be used as the current one.",
			call: func(c *call) (sl.Value, error) {
				for _, name := range c.strs("contexts") {
					if !slices.Contains(c.run.allowed, name) {
						c.run.allowed = append(c.run.allowed, name)
					}
				}
				return sl.None, nil
			},
		},
	}
}
