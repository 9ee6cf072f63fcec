package compose

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/sextant-dev/sextant/internal/suggest"
)

// serviceFields and buildFields are the fields of a service and of its build that the JSON
// schema of compose files has. The library has a few more, of files before version 2.
var (
	serviceFields = sync.OnceValue(func() []string {
		return fieldsOf(reflect.TypeFor[types.ServiceConfig](), "name", "net", "log_driver", "log_opt", "volume_driver", "dockerfile")
	})
	buildFields = sync.OnceValue(func() []string { return fieldsOf(reflect.TypeFor[types.BuildConfig]()) })
)

// fieldsOf are the names in YAML of the fields of a struct, without those that files do not
// have.
func fieldsOf(t reflect.Type, without ...string) []string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if name != "" && name[0] != '#' && name != "-" && !slices.Contains(without, name) {
			names = append(names, name)
		}
	}
	return names
}

// serviceValues are the kinds of value that the JSON schema lets the fields of a service
// have. Variables are replaced by strings, so a string may be of any other kind too.
var serviceValues = []struct {
	kinds  []string
	fields string
}{
	{[]string{"a string"}, `cgroup cgroup_parent container_name cpuset domainname hostname image ipc isolation mac_address network_mode
		platform pull_policy pull_refresh_after restart runtime stop_grace_period stop_signal user userns_mode uts working_dir`},
	{[]string{"a string", "null"}, "pid"},
	{[]string{"a string", "a bool"}, "attach init oom_kill_disable privileged read_only stdin_open tty use_api_socket"},
	{[]string{"a string", "a number"}, `cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus mem_limit
		mem_reservation mem_swappiness memswap_limit oom_score_adj pids_limit scale shm_size`},
	{[]string{"a string", "a number", "null"}, "umask"},
	{[]string{"a string", "a list"}, "dns dns_search env_file gpus label_file tmpfs"},
	{[]string{"a string", "a list", "null"}, "command entrypoint"},
	{[]string{"a string", "a mapping"}, "build extends"},
	{[]string{"a list"}, `cap_add cap_drop configs device_cgroup_rules devices dns_opt expose external_links group_add links ports
		post_start pre_start pre_stop profiles secrets security_opt volumes volumes_from`},
	{[]string{"a list", "a mapping"}, "annotations depends_on environment extra_hosts labels models networks sysctls"},
	{[]string{"a mapping"}, "blkio_config credential_spec healthcheck logging provider storage_opt ulimits"},
	{[]string{"a mapping", "null"}, "deploy develop"},
}

var valueKinds = sync.OnceValue(func() map[string][]string {
	kinds := map[string][]string{}
	for _, v := range serviceValues {
		for _, name := range strings.Fields(v.fields) {
			kinds[name] = v.kinds
		}
	}
	return kinds
})

// kindOf is the kind of a value, "" for one that is not told apart.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "a string"
	case bool:
		return "a bool"
	case int, int64, uint64, float64:
		return "a number"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	}
	return ""
}

// checkValues fails for a value of a kind that its field cannot have, but for null in the
// place of an earlier value: that changes nothing.
func checkValues(service, earlier map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(service)) {
		want, got := valueKinds()[name], kindOf(service[name])
		if want == nil || got == "" || slices.Contains(want, got) || got == "null" && earlier[name] != nil {
			continue
		}
		return fmt.Errorf("%s is not %s: it is %s", name, strings.Join(want, " or "), got)
	}
	return nil
}

// checkFields fails, as docker compose does, for a field that a service or its build
// cannot have, and for a value that a field of the service cannot have. earlier is the
// service in the documents before.
func checkFields(service, earlier map[string]any) error {
	if err := checkKnown(service, serviceFields()); err != nil {
		return err
	}
	if err := checkValues(service, earlier); err != nil {
		return err
	}
	build, _ := service["build"].(map[string]any)
	if err := checkKnown(build, buildFields()); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	return nil
}

func checkKnown(fields map[string]any, known []string) error {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains(known, name) && !strings.HasPrefix(name, "x-") {
			return fmt.Errorf("no field %q%s", name, suggest.DidYouMean(name, known))
		}
	}
	return nil
}
