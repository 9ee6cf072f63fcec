// Package manifests makes what a hub needs: the CustomResourceDefinition, which
// is generated from the types of package cluster, the namespace, the Deployment
// of the controller, and its permissions, which are as small as they can be.
//
// It applies nothing.
package manifests
