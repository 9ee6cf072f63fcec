package compose

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFieldsAreThoseOfTheSchema holds that a service and its build have the fields of the
// JSON schema of compose files, as of the version of the library, and no others.
func TestFieldsAreThoseOfTheSchema(t *testing.T) {
	for _, c := range []struct {
		of    string
		known []string
		want  string
	}{
		{"service", serviceFields(), `
		annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name
		cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec
		depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file
		environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc
		isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit
		models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_start
		pre_stop privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets
		security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits umask
		use_api_socket user userns_mode uts volumes volumes_from working_dir`},
		{"build", buildFields(), `
		additional_contexts args cache_from cache_to context dockerfile dockerfile_inline entitlements extra_hosts
		isolation labels network no_cache no_cache_filter platforms privileged provenance pull sbom secrets shm_size
		ssh tags target ulimits`},
	} {
		if diff := cmp.Diff(strings.Fields(c.want), slices.Sorted(slices.Values(c.known))); diff != "" {
			t.Errorf("%s: want -, got +: a new version of the library has other fields; compare its compose-spec.json\n%s", c.of, diff)
		}
	}
}

// TestServiceValues holds that each field of a service is in the table of kinds once.
func TestServiceValues(t *testing.T) {
	var named []string
	for _, v := range serviceValues {
		named = append(named, strings.Fields(v.fields)...)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(serviceFields())), slices.Sorted(slices.Values(named))); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}
