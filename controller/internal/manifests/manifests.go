package manifests

import (
	"bytes"
	_ "embed"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/cluster/hub"
	"github.com/sextant-dev/sextant/controller/internal/fleet"
)

// CRD is the CustomResourceDefinition of Cluster objects.
//
//go:embed tilt.dev_clusters.yaml
var CRD []byte

// Options are what the manifests are for.
type Options struct {
	// Image is the controller's image.
	Image string
	// Watched are the namespaces whose clusters it checks, at least one.
	Watched []string
	// Args are more arguments of sextant-controller run.
	Args []string
}

const (
	// Account is the controller's ServiceAccount, ReaderRole the Role for people
	// whose scripts read a namespace's clusters.
	Account    = "sextant-controller"
	ReaderRole = "sextant-reader"

	group      = "tilt.dev"
	healthPort = 8081
)

// Environment tunes the collector of the controller for a container of 128 MiB, of
// which not all is Go's heap.
var Environment = []corev1.EnvVar{{Name: "GOMEMLIMIT", Value: "115MiB"}, {Name: "GOGC", Value: "50"}}

// All returns every manifest as one YAML stream.
func All(o Options) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("---\n")
	out.Write(bytes.TrimPrefix(CRD, []byte("---\n")))
	objects := append([]runtime.Object{namespace(hub.Namespace), account()}, leases()...)
	for _, ns := range o.Watched {
		objects = append(objects, watcher(ns)...)
		objects = append(objects, reader(ns))
	}
	objects = append(objects, deployment(o))
	for _, object := range objects {
		text, err := yaml.Marshal(object)
		if err != nil {
			return nil, fmt.Errorf("print the manifests: %w", err)
		}
		out.WriteString("---\n")
		out.Write(bytes.ReplaceAll(text, []byte("status: {}\n"), nil))
	}
	return out.Bytes(), nil
}

func namespace(name string) runtime.Object {
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
	}
}

func account() runtime.Object {
	return &corev1.ServiceAccount{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta: metav1.ObjectMeta{Name: Account, Namespace: hub.Namespace},
	}
}

// role is a Role and the binding that grants it to subjects; none, no binding.
func role(namespace, name string, rules []rbacv1.PolicyRule, subjects ...rbacv1.Subject) []runtime.Object {
	meta := metav1.ObjectMeta{Name: name, Namespace: namespace}
	objects := []runtime.Object{&rbacv1.Role{
		TypeMeta: metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"}, ObjectMeta: meta, Rules: rules,
	}}
	if len(subjects) > 0 {
		objects = append(objects, &rbacv1.RoleBinding{
			TypeMeta: metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "RoleBinding"}, ObjectMeta: meta,
			RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name}, Subjects: subjects,
		})
	}
	return objects
}

func rule(apiGroup, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{apiGroup}, Resources: []string{resource}, Verbs: verbs}
}

func named(r rbacv1.PolicyRule, names ...string) rbacv1.PolicyRule {
	r.ResourceNames = names
	return r
}

var controller = rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: Account, Namespace: hub.Namespace}

// leases let the controller elect a leader and renew the fleet's Lease, and every
// user of the hub read the latter. RBAC cannot limit create to a name.
func leases() []runtime.Object {
	objects := role(hub.Namespace, Account, []rbacv1.PolicyRule{
		rule("coordination.k8s.io", "leases", "create"),
		named(rule("coordination.k8s.io", "leases", "get", "update"), fleet.ElectionName, hub.LeaseName),
		rule("events.k8s.io", "events", "create", "patch"),
	}, controller)
	everyone := rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.GroupKind, Name: "system:authenticated"}
	return append(objects, role(hub.Namespace, ReaderRole, []rbacv1.PolicyRule{
		named(rule("coordination.k8s.io", "leases", "get"), hub.LeaseName),
	}, everyone)...)
}

// watcher lets the controller check the clusters of a namespace. It watches the
// metadata of Secrets and reads those that a cluster names; RBAC cannot distinguish
// these from others.
func watcher(ns string) []runtime.Object {
	return role(ns, Account, []rbacv1.PolicyRule{
		rule(group, "clusters", "get", "list", "watch"),
		rule(group, "clusters/status", "update"),
		rule("", "secrets", "get", "list", "watch"),
		rule("multicluster.x-k8s.io", "clusterprofiles", "get"),
		rule("events.k8s.io", "events", "create", "patch"),
	}, controller)
}

// reader is the Role for people; whoever runs the hub binds it.
func reader(ns string) runtime.Object {
	return role(ns, ReaderRole, []rbacv1.PolicyRule{rule(group, "clusters", "get", "list")})[0]
}

func deployment(o Options) runtime.Object {
	labels := map[string]string{"app": Account}
	args := []string{"run", "--health=:" + fmt.Sprint(healthPort)}
	for _, ns := range o.Watched {
		args = append(args, "--watch="+ns)
	}
	replicas, yes, no, nobody := int32(2), true, false, int64(65532)
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: appsv1.SchemeGroupVersion.String(), Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: Account, Namespace: hub.Namespace, Labels: labels},
		Spec: appsv1.DeploymentSpec{
			// One leads, the other takes over.
			Replicas: &replicas,
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec: corev1.PodSpec{
					ServiceAccountName: Account,
					SecurityContext: &corev1.PodSecurityContext{
						RunAsNonRoot: &yes, RunAsUser: &nobody, SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Containers: []corev1.Container{{
						Name: "controller", Image: o.Image, Args: append(args, o.Args...),
						Env: Environment,
						Resources: corev1.ResourceRequirements{
							Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: resource.MustParse("64Mi")},
							Limits:   corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("128Mi")},
						},
						LivenessProbe: probe("/healthz"), ReadinessProbe: probe("/readyz"),
						SecurityContext: &corev1.SecurityContext{
							AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
						},
					}},
				},
			},
		},
	}
}

func probe(path string) *corev1.Probe {
	return &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromInt32(healthPort)}}}
}
