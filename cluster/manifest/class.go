package manifest

// class is what a key is to the search: most keys are nothing to it.
type class uint8

const (
	classNone class = iota
	classAPIVersion
	classArgs
	classEnv
	classImage
	classItems
	classMerge
	classMetadata
	className
	classNamespace
	classPullPolicy
	classReference
	classServices
	classValue
	// From here on a key starts a search: tree.marks lists its nodes.
	classContainers
	classKind
	classVolumes
)

const firstMark = classContainers

var classes = map[string]class{
	"<<":                  classMerge,
	"apiVersion":          classAPIVersion,
	"args":                classArgs,
	"containers":          classContainers,
	"env":                 classEnv,
	"ephemeralContainers": classContainers,
	"image":               classImage,
	"imagePullPolicy":     classPullPolicy,
	"initContainers":      classContainers,
	"items":               classItems,
	"kind":                classKind,
	"metadata":            classMetadata,
	"name":                className,
	"namespace":           classNamespace,
	"reference":           classReference,
	"services":            classServices,
	"value":               classValue,
	"volumes":             classVolumes,
}
