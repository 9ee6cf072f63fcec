package tiltfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// Object is an object of Tilt's own API that a function of v1alpha1 declares.
type Object struct {
	Kind        string            `json:"kind"`
	Name        string            `json:"name"`
	Place       string            `json:"place"`
	Labels      map[string]string `json:"labels,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// Spec is the rest of the arguments, in the API's names.
	Spec json.RawMessage `json:"spec,omitempty"`
}

// objects are those that a script has declared, in the order of the calls.
type objects []Object

// find returns the object of a kind and name, nil if there is none.
func (o objects) find(kind, name string) *Object {
	for i := range o {
		if o[i].Kind == kind && o[i].Name == name {
			return &o[i]
		}
	}
	return nil
}

// spec reads what the script declared of an object, and reports whether it declared one.
func (o objects) spec(kind, name string, into any) bool {
	found := o.find(kind, name)
	return found != nil && json.Unmarshal(found.Spec, into) == nil
}

// apiPartKind is a part of objects: a dict of its fields, which a function of v1alpha1
// makes or the script itself.
type apiPartKind struct {
	function, kind string
	fields         []apiField
}

// read returns the fields of a dict by their JSON names.
func (k apiPartKind) read(d *sl.Dict) (map[string]any, error) {
	out := map[string]any{}
	for key, v := range d.Entries() {
		name, ok := sl.AsString(key)
		if !ok {
			return nil, fmt.Errorf("the key %s is a %s, want str", key, key.Type())
		}
		i := slices.IndexFunc(k.fields, func(f apiField) bool { return f.name == name })
		if i < 0 {
			var names []string
			for _, f := range k.fields {
				names = append(names, f.name)
			}
			return nil, fmt.Errorf("%s has no field %q%s", k.kind, name, suggest.DidYouMean(name, names))
		}
		converted, err := k.fields[i].of.Convert(v)
		if errors.Is(err, table.ErrType) {
			err = fmt.Errorf("the field %q of %s is a %s, want %s", name, k.kind, v.Type(), k.fields[i].of.Name)
		}
		if err != nil {
			return nil, err
		}
		out[jsonName(name)] = converted
	}
	return out, nil
}

// apiType is the type of a field of Tilt's API.
type apiType = table.Type[any]

var (
	apiStr  = asAny(typeStr)
	apiBool = asAny(typeBool)
	apiInt  = asAny(typeInt)
	apiStrs = asAny(typeList)
	apiDict = table.Type[any]{Name: typeDict.Name, Convert: func(v sl.Value) (any, error) {
		pairs, err := typeDict.Convert(v)
		return pairs.Map(), err
	}}
)

func asAny[T any](t table.Type[T]) apiType {
	return apiType{Name: t.Name, Convert: func(v sl.Value) (any, error) { return t.Convert(v) }}
}

// one is a part of the kind.
func (k apiPartKind) one() apiType {
	return apiType{Name: k.kind + " | dict", Convert: func(v sl.Value) (any, error) {
		d, ok := v.(*sl.Dict)
		if !ok {
			return nil, table.ErrType
		}
		return k.read(d)
	}}
}

// list is a list of parts of the kind.
func (k apiPartKind) list() apiType {
	one := k.one()
	return apiType{Name: "list[" + one.Name + "]", Convert: func(v sl.Value) (any, error) {
		items, ok := sequence(v)
		if !ok {
			return nil, table.ErrType
		}
		var out []any
		for _, item := range items {
			part, err := one.Convert(item)
			if errors.Is(err, table.ErrType) {
				err = fmt.Errorf("got a %s in the list, want %s", item.Type(), k.kind)
			}
			if err != nil {
				return nil, err
			}
			out = append(out, part)
		}
		return out, nil
	}}
}

// apiField is a parameter of a function of v1alpha1.
type apiField struct {
	name string
	of   apiType
}

// objectFunctions are v1alpha1: functions that declare objects of Tilt's own API,
// and those that make their parts. Objects are recorded; nothing acts on them.
func objectFunctions() []row {
	object := func(name, kind string, fields ...apiField) row { return apiObjectRow(name, kind, fields) }
	rows := []row{
		object("cmd", "Cmd", apiField{"args", apiStrs}, apiField{"dir", apiStr}, apiField{"env", apiStrs},
			apiField{"readiness_probe", partProbe.one()}, apiField{"restart_on", partRestartOnSpec.one()},
			apiField{"start_on", partStartOnSpec.one()}, apiField{"disable_source", partDisableSource.one()}),
		object("config_map", "ConfigMap", apiField{"data", apiDict}),
		object("extension", "Extension", apiField{"repo_name", apiStr}, apiField{"repo_path", apiStr}, apiField{"args", apiStrs}),
		object("extension_repo", "ExtensionRepo", apiField{"url", apiStr}, apiField{"ref", apiStr}, apiField{"load_host", apiStr}, apiField{"git_subpath", apiStr}),
		object("file_watch", "FileWatch", apiField{"watched_paths", apiStrs}, apiField{"ignores", partIgnoreDef.list()}, apiField{"disable_source", partDisableSource.one()}),
		object("kubernetes_apply", "KubernetesApply", apiField{"yaml", apiStr}, apiField{"image_maps", apiStrs},
			apiField{"image_locators", partKubernetesImageLocator.list()}, apiField{"timeout", apiStr},
			apiField{"kubernetes_discovery_template_spec", partKubernetesDiscoveryTemplateSpec.one()},
			apiField{"port_forward_template_spec", partPortForwardTemplateSpec.one()},
			apiField{"pod_log_stream_template_spec", partPodLogStreamTemplateSpec.one()}, apiField{"discovery_strategy", apiStr},
			apiField{"disable_source", partDisableSource.one()}, apiField{"apply_cmd", partKubernetesApplyCmd.one()},
			apiField{"restart_on", partRestartOnSpec.one()}, apiField{"delete_cmd", partKubernetesApplyCmd.one()},
			apiField{"cluster", apiStr}, apiField{"server_side_apply", apiStr}),
		object("kubernetes_discovery", "KubernetesDiscovery", apiField{"watches", partKubernetesWatchRef.list()},
			apiField{"extra_selectors", partLabelSelector.list()}, apiField{"port_forward_template_spec", partPortForwardTemplateSpec.one()},
			apiField{"pod_log_stream_template_spec", partPodLogStreamTemplateSpec.one()}, apiField{"cluster", apiStr}),
		object("ui_button", "UIButton", apiField{"location", partUIComponentLocation.one()}, apiField{"text", apiStr}, apiField{"icon_name", apiStr},
			apiField{"icon_svg", apiStr}, apiField{"disabled", apiBool}, apiField{"requires_confirmation", apiBool}, apiField{"inputs", partUIInputSpec.list()}),
	}
	for _, part := range apiPartKinds {
		rows = append(rows, apiPartRow(part))
	}
	return rows
}

// The parts of objects.
var (
	partConfigMapDisableSource          = newAPIPartKind("config_map_disable_source", "ConfigMapDisableSource", apiField{"name", apiStr}, apiField{"key", apiStr})
	partDisableSource                   = newAPIPartKind("disable_source", "DisableSource", apiField{"config_map", partConfigMapDisableSource.one()}, apiField{"every_config_map", partConfigMapDisableSource.list()})
	partExecAction                      = newAPIPartKind("exec_action", "ExecAction", apiField{"command", apiStrs})
	partForward                         = newAPIPartKind("forward", "Forward", apiField{"local_port", apiInt}, apiField{"container_port", apiInt}, apiField{"host", apiStr}, apiField{"name", apiStr}, apiField{"path", apiStr})
	partHTTPGetAction                   = newAPIPartKind("http_get_action", "HTTPGetAction", apiField{"path", apiStr}, apiField{"port", apiInt}, apiField{"host", apiStr}, apiField{"scheme", apiStr}, apiField{"http_headers", partHTTPHeader.list()})
	partHTTPHeader                      = newAPIPartKind("http_header", "HTTPHeader", apiField{"name", apiStr}, apiField{"value", apiStr})
	partHandler                         = newAPIPartKind("handler", "Handler", apiField{"exec", partExecAction.one()}, apiField{"http_get", partHTTPGetAction.one()}, apiField{"tcp_socket", partTCPSocketAction.one()})
	partIgnoreDef                       = newAPIPartKind("ignore_def", "IgnoreDef", apiField{"base_path", apiStr}, apiField{"patterns", apiStrs})
	partKubernetesApplyCmd              = newAPIPartKind("kubernetes_apply_cmd", "KubernetesApplyCmd", apiField{"args", apiStrs}, apiField{"dir", apiStr}, apiField{"env", apiStrs})
	partKubernetesDiscoveryTemplateSpec = newAPIPartKind("kubernetes_discovery_template_spec", "KubernetesDiscoveryTemplateSpec", apiField{"extra_selectors", partLabelSelector.list()})
	partKubernetesImageLocator          = newAPIPartKind("kubernetes_image_locator", "KubernetesImageLocator", apiField{"object_selector", partObjectSelector.one()}, apiField{"path", apiStr}, apiField{"object", partKubernetesImageObjectDescriptor.one()})
	partKubernetesImageObjectDescriptor = newAPIPartKind("kubernetes_image_object_descriptor", "KubernetesImageObjectDescriptor", apiField{"repo_field", apiStr}, apiField{"tag_field", apiStr})
	partKubernetesWatchRef              = newAPIPartKind("kubernetes_watch_ref", "KubernetesWatchRef", apiField{"uid", apiStr}, apiField{"namespace", apiStr}, apiField{"name", apiStr})
	partLabelSelector                   = newAPIPartKind("label_selector", "LabelSelector", apiField{"match_labels", apiDict}, apiField{"match_expressions", partLabelSelectorRequirement.list()})
	partLabelSelectorRequirement        = newAPIPartKind("label_selector_requirement", "LabelSelectorRequirement", apiField{"key", apiStr}, apiField{"operator", apiStr}, apiField{"values", apiStrs})
	partObjectSelector                  = newAPIPartKind("object_selector", "ObjectSelector", apiField{"api_version_regexp", apiStr}, apiField{"kind_regexp", apiStr}, apiField{"name_regexp", apiStr}, apiField{"namespace_regexp", apiStr})
	partPodLogStreamTemplateSpec        = newAPIPartKind("pod_log_stream_template_spec", "PodLogStreamTemplateSpec", apiField{"since_time", apiStr}, apiField{"only_containers", apiStrs}, apiField{"ignore_containers", apiStrs})
	partPortForwardTemplateSpec         = newAPIPartKind("port_forward_template_spec", "PortForwardTemplateSpec", apiField{"forwards", partForward.list()})
	partProbe                           = newAPIPartKind("probe", "Probe", apiField{"handler", partHandler.one()}, apiField{"initial_delay_seconds", apiInt}, apiField{"timeout_seconds", apiInt},
		apiField{"period_seconds", apiInt}, apiField{"success_threshold", apiInt}, apiField{"failure_threshold", apiInt})
	partRestartOnSpec       = newAPIPartKind("restart_on_spec", "RestartOnSpec", apiField{"file_watches", apiStrs}, apiField{"ui_buttons", apiStrs})
	partStartOnSpec         = newAPIPartKind("start_on_spec", "StartOnSpec", apiField{"start_after", apiStr}, apiField{"ui_buttons", apiStrs})
	partTCPSocketAction     = newAPIPartKind("tcp_socket_action", "TCPSocketAction", apiField{"port", apiInt}, apiField{"host", apiStr})
	partUIBoolInputSpec     = newAPIPartKind("ui_bool_input_spec", "UIBoolInputSpec", apiField{"default_value", apiBool}, apiField{"true_string", apiStr}, apiField{"false_string", apiStr})
	partUIChoiceInputSpec   = newAPIPartKind("ui_choice_input_spec", "UIChoiceInputSpec", apiField{"choices", apiStrs})
	partUIComponentLocation = newAPIPartKind("ui_component_location", "UIComponentLocation", apiField{"component_id", apiStr}, apiField{"component_type", apiStr})
	partUIHiddenInputSpec   = newAPIPartKind("ui_hidden_input_spec", "UIHiddenInputSpec", apiField{"value", apiStr})
	partUIInputSpec         = newAPIPartKind("ui_input_spec", "UIInputSpec", apiField{"name", apiStr}, apiField{"label", apiStr}, apiField{"text", partUITextInputSpec.one()},
		apiField{"bool", partUIBoolInputSpec.one()}, apiField{"hidden", partUIHiddenInputSpec.one()}, apiField{"choice", partUIChoiceInputSpec.one()})
	partUITextInputSpec = newAPIPartKind("ui_text_input_spec", "UITextInputSpec", apiField{"default_value", apiStr}, apiField{"placeholder", apiStr})
)

// apiPartKinds are all of them, which each have a function.
var apiPartKinds = []apiPartKind{
	partConfigMapDisableSource, partDisableSource, partExecAction, partForward, partHTTPGetAction, partHTTPHeader,
	partHandler, partIgnoreDef, partKubernetesApplyCmd, partKubernetesDiscoveryTemplateSpec,
	partKubernetesImageLocator, partKubernetesImageObjectDescriptor, partKubernetesWatchRef, partLabelSelector,
	partLabelSelectorRequirement, partObjectSelector, partPodLogStreamTemplateSpec, partPortForwardTemplateSpec,
	partProbe, partRestartOnSpec, partStartOnSpec, partTCPSocketAction, partUIBoolInputSpec, partUIChoiceInputSpec,
	partUIComponentLocation, partUIHiddenInputSpec, partUIInputSpec, partUITextInputSpec,
}

func newAPIPartKind(function, kind string, fields ...apiField) apiPartKind {
	return apiPartKind{function, kind, fields}
}

// apiChecks are what Tilt requires of the fields of an object beyond their types, by its
// kind.
var apiChecks = map[string]func(values map[string]any) error{
	"UIButton": func(values map[string]any) error {
		if values["text"] == nil || values["text"] == "" {
			return errors.New("a button needs text")
		}
		location, _ := values["location"].(map[string]any)
		for _, name := range []string{"component_id", "component_type"} {
			if v := location[jsonName(name)]; v == nil || v == "" {
				return fmt.Errorf("the location of a button needs %s", name)
			}
		}
		if svg, ok := values["iconSVG"].(string); ok && svg != "" && !strings.Contains(svg, "<svg") {
			return errors.New("icon_svg has no <svg> element")
		}
		return nil
	},
	"ExtensionRepo": func(values map[string]any) error {
		url, _ := values["url"].(string)
		file := strings.HasPrefix(url, "file://")
		if !file && !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "http://") {
			return fmt.Errorf("the url %q of a repository begins with none of https://, http:// and file://", url)
		}
		if file && values["ref"] != nil && values["ref"] != "" {
			return errors.New("a folder of this machine has no ref")
		}
		return nil
	},
}

// apiArgs are the arguments of a function of v1alpha1.
type apiArgs struct {
	fields []apiField
	args   []table.Arg[any]
}

func newAPIArgs(p *params, fields []apiField) apiArgs {
	a := apiArgs{fields: fields}
	for _, f := range fields {
		a.args = append(a.args, optional(p, f.name, f.of, "The field "+jsonName(f.name)+"."))
	}
	return a
}

// values are the fields that the call sets.
func (a apiArgs) values(c *call) map[string]any {
	out := map[string]any{}
	for i, f := range a.fields {
		if a.args[i].Given(c) {
			out[jsonName(f.name)] = a.args[i].Of(c)
		}
	}
	return out
}

// jsonName is the name that the API has for a parameter: camel case, abbreviations in
// upper case.
func jsonName(param string) string {
	words := strings.Split(param, "_")
	for i, w := range words[1:] {
		if w == "id" || w == "svg" {
			w = strings.ToUpper(w)
		}
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

func apiPartRow(part apiPartKind) row {
	return row{Name: "v1alpha1." + part.function, Returns: part.kind, Doc: "Makes a part of an object of Tilt's API.", Define: func(p *params) body {
		var args []table.Arg[sl.Value]
		for _, f := range part.fields {
			args = append(args, optional(p, f.name, asGiven(f.of), "The field "+jsonName(f.name)+"."))
		}
		return func(_ *Run, c *call) (sl.Value, error) {
			made := sl.NewDict(len(args))
			for _, arg := range args {
				if !arg.Given(c) {
					continue
				}
				if err := made.SetKey(sl.String(arg.Name()), arg.Of(c)); err != nil {
					return nil, err
				}
			}
			return made, nil
		}
	}}
}

// asGiven accepts what a type accepts, and leaves it as it is.
func asGiven(t apiType) table.Type[sl.Value] {
	return table.Type[sl.Value]{Name: t.Name, Convert: func(v sl.Value) (sl.Value, error) {
		_, err := t.Convert(v)
		return v, err
	}}
}

func apiObjectRow(name, kind string, fields []apiField) row {
	return row{Name: "v1alpha1." + name, Returns: "None", Doc: "Records an object of Tilt's API.", Declares: true, Define: func(p *params) body {
		id := table.Required(p, "name", typeName, "The name of the object.")
		labels := optional(p, "labels", typeDict, "Its labels.")
		annotations := optional(p, "annotations", typeDict, "Its annotations.")
		args := newAPIArgs(p, fields)
		return func(r *Run, c *call) (sl.Value, error) {
			if first := r.objects.find(kind, id.Of(c)); first != nil {
				return nil, c.Errorf("duplicate %s %q: the first is at %s", kind, first.Name, first.Place)
			}
			values := args.values(c)
			if check := apiChecks[kind]; check != nil {
				if err := check(values); err != nil {
					return nil, c.Errorf("%w", err)
				}
			}
			spec, err := json.Marshal(values)
			if err != nil {
				return nil, c.Errorf("%w", err)
			}
			r.objects = append(r.objects, Object{
				Kind: kind, Name: id.Of(c), Place: r.script.here(c).String(),
				Labels: nonEmpty(labels.Of(c)), Annotations: nonEmpty(annotations.Of(c)), Spec: spec,
			})
			return sl.None, nil
		}
	}}
}
