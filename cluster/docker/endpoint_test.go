package docker

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/test/realcluster/faults"
)

func noTLS() (*tlsSetup, *cluster.PhaseError) { return nil, nil }

// addContext stores a docker context as `docker context create` does.
func addContext(t *testing.T, configDir, name, host string, tls map[string][]byte, skipVerify bool) {
	t.Helper()
	s := store.New(filepath.Join(configDir, "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} }),
	))
	err := s.CreateOrUpdate(store.Metadata{
		Name:      name,
		Metadata:  map[string]any{"Description": "a test"},
		Endpoints: map[string]any{docker.DockerEndpoint: docker.EndpointMeta{Host: host, SkipTLSVerify: skipVerify}},
	})
	if err == nil && tls != nil {
		err = s.ResetEndpointTLSMaterial(name, docker.DockerEndpoint, &store.EndpointTLSData{Files: tls})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestParseHost(t *testing.T) {
	tests := []struct {
		host string
		want string // the address that is shown, or "error: …"
		user string
		path string // of the remote socket
	}{
		{host: "unix:///var/run/docker.sock", want: "unix:///var/run/docker.sock"},
		{host: "unix://relative.sock", want: "unix://relative.sock"},
		{host: "npipe:////./pipe/docker_engine", want: "npipe:////./pipe/docker_engine"},
		{host: "tcp://example.test:2375", want: "tcp://example.test:2375"},
		{host: "tcp://example.test", want: "tcp://example.test:2375"},
		{host: "tcp://", want: "tcp://localhost:2375"},
		{host: "tcp://:4243", want: "tcp://localhost:4243"},
		{host: "tcp://[::1]:2376", want: "tcp://[::1]:2376"},
		{host: "tcp://[::1]", want: "tcp://[::1]:2375"},
		{host: "tcp://example.test:80/", want: "tcp://example.test:80"},
		{host: "tcp://example.test:80/docker/", want: "error: the tcp:// address has a path, which is not supported: write tcp://HOST:PORT"},
		{host: "tcp://user:secret@example.test:80", want: "tcp://example.test:80"},
		{host: "127.0.0.1:2375", want: "tcp://127.0.0.1:2375"},
		{host: "example.test", want: "tcp://example.test:2375"},
		{host: "ssh://example.test", want: "ssh://example.test"},
		{host: "ssh://me@example.test:2222", want: "ssh://me@example.test:2222", user: "me"},
		{host: "ssh://me@example.test/run/d.sock", want: "ssh://me@example.test/run/d.sock", user: "me", path: "/run/d.sock"},
		{host: "/var/run/docker.sock", want: `error: "/var/run/docker.sock" is a path; a socket is written unix:///var/run/docker.sock`},
		{host: "unix://", want: `error: the address "unix://" has no path`},
		{host: "https://example.test", want: `error: the scheme "https" is none of unix, npipe, tcp, ssh`},
		{host: "tcp://a b", want: "error: the tcp:// address is no URL"},
		{host: "tcp://host:port", want: "error: the tcp:// address is no URL"},
		{host: "tcp://::1:2375", want: "error: the tcp:// address has an IPv6 address without brackets, as in [::1]"},
		{host: "tcp://host?x=y", want: "error: the tcp:// address has a query or a fragment"},
		{host: "ssh://me:secret@host", want: "error: plain-text password is not supported"},
		{host: "ssh://", want: "error: hostname is empty"},
		{host: " tcp://example.test:2375\n", want: "tcp://example.test:2375"},
		{host: "unix:///d.sock ", want: "unix:///d.sock"},
		{host: " \t", want: "error: the address is blank"},
		{host: "tcp://unix://", want: `error: the address has two schemes, "tcp" and "unix"`},
		{host: "unix://tcp://127.0.0.1", want: `error: the address has two schemes, "unix" and "tcp"`},
		{host: "tcp://https://example.test", want: `error: the address has two schemes, "tcp" and "https"`},
	}
	for _, tt := range tests {
		t.Run(tt.host, func(t *testing.T) {
			ep, failure := newEndpoint(tt.host, "DOCKER_HOST", dockerPorts, noTLS)
			if failure != nil {
				if got := "error: " + failure.Cause.Error(); got != tt.want {
					t.Errorf("\n got %s\nwant %s", got, tt.want)
				}
				return
			}
			user, path := "", ""
			if ep.ssh != nil {
				user, path = ep.ssh.User, ep.ssh.Path
			}
			if got := ep.String(); got != tt.want || user != tt.user || path != tt.path {
				t.Errorf("got %s, user %q, path %q", got, user, path)
			}
		})
	}
}

func FuzzParseHost(f *testing.F) {
	for _, host := range []string{"unix:///x", "tcp://user:c4n4ry@[::1]:1/x", "ssh://me@host:22/sock", "host:1", "/x", "://"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		ep, failure := newEndpoint(host, "DOCKER_HOST", dockerPorts, noTLS)
		if failure != nil {
			if strings.ContainsAny(failure.Error(), "\r\n") {
				t.Errorf("%q: more than one line: %q", host, failure.Error())
			}
			return
		}
		if ep.network != networkTCP {
			return
		}
		again, failure := newEndpoint(ep.String(), "DOCKER_HOST", dockerPorts, noTLS)
		if failure != nil || again.String() != ep.String() {
			t.Errorf("%q is shown as %q, which means something else: %v, %v", host, ep, again, failure)
		}
	})
}

func TestPrecedence(t *testing.T) {
	const config = `{"currentContext": "current", "auths": {"example.test": {}}}`
	dir := t.TempDir()
	writeFile(t, config, dir, "config.json")
	addContext(t, dir, "current", "tcp://current.test:1", nil, false)
	addContext(t, dir, "chosen", "tcp://chosen.test:1", nil, false)
	addContext(t, dir, "hostless", "", nil, false)
	home := t.TempDir()
	writeFile(t, config, home, ".docker", "config.json")
	addContext(t, filepath.Join(home, ".docker"), "current", "tcp://home.test:1", nil, false)
	certs := t.TempDir()
	writeFile(t, string(faults.Certificates(t).CA.PEM), certs, "ca.pem")
	writeFile(t, `{"auths": {}}`, certs, "config.json")

	tests := []struct {
		name         string
		host         string
		env          []string
		want, source string
	}{
		{"nothing", "", nil, platformHost, "the platform's default"},
		{"host before all", "tcp://host.test:1", []string{"DOCKER_HOST=tcp://env.test:1", "DOCKER_CONTEXT=chosen", "DOCKER_CONFIG=" + dir}, "tcp://host.test:1", "spec.connection.docker.host"},
		{"DOCKER_HOST before contexts", "", []string{"DOCKER_HOST=tcp://env.test:1", "DOCKER_CONTEXT=chosen", "DOCKER_CONFIG=" + dir}, "tcp://env.test:1", "DOCKER_HOST"},
		{"empty DOCKER_HOST counts for nothing", "", []string{"DOCKER_HOST=", "DOCKER_CONTEXT=chosen", "DOCKER_CONFIG=" + dir}, "tcp://chosen.test:1", `docker context "chosen"`},
		{"DOCKER_CONTEXT before config.json", "", []string{"DOCKER_CONTEXT=chosen", "DOCKER_CONFIG=" + dir}, "tcp://chosen.test:1", `docker context "chosen"`},
		{"config.json", "", []string{"DOCKER_CONFIG=" + dir}, "tcp://current.test:1", `docker context "current"`},
		{"config.json without a context", "", []string{"DOCKER_CONFIG=" + certs}, platformHost, "the platform's default"},
		{"config.json at home", "", []string{"HOME=" + home}, "tcp://home.test:1", `docker context "current"`},
		{"DOCKER_CONFIG before home", "", []string{"HOME=" + home, "DOCKER_CONFIG=" + dir}, "tcp://current.test:1", `docker context "current"`},
		{"default is no stored context", "", []string{"DOCKER_CONTEXT=default", "DOCKER_CONFIG=" + dir}, platformHost, "the platform's default"},
		{"a context without a host", "", []string{"DOCKER_CONTEXT=hostless", "DOCKER_CONFIG=" + dir}, platformHost, `docker context "hostless"`},
		{"the last of a variable counts", "", []string{"DOCKER_HOST=tcp://a.test:1", "DOCKER_HOST=tcp://b.test:1"}, "tcp://b.test:1", "DOCKER_HOST"},
		{"TLS without a host", "", []string{"DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + certs}, "tcp://localhost:2376", "the default with DOCKER_TLS_VERIFY or DOCKER_TLS"},
		{"TLS with the default context", "", []string{"DOCKER_TLS=1", "DOCKER_CONTEXT=default", "DOCKER_CONFIG=" + dir}, "tcp://localhost:2376", "the default with DOCKER_TLS_VERIFY or DOCKER_TLS"},
		{"TLS is not for a stored context", "", []string{"DOCKER_TLS_VERIFY=1", "DOCKER_CONTEXT=chosen", "DOCKER_CONFIG=" + dir}, "tcp://chosen.test:1", `docker context "chosen"`},
		{"certificates alone change no default", "", []string{"DOCKER_CERT_PATH=/nowhere"}, platformHost, "the platform's default"},
		{"TLS port", "tcp://host.test", []string{"DOCKER_TLS=1", "DOCKER_CONFIG=" + dir}, "tcp://host.test:2376", "spec.connection.docker.host"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ep, failure := resolveEndpoint(tt.env, tt.host)
			if failure != nil {
				t.Fatal(failure)
			}
			if ep.String() != tt.want || ep.source != tt.source {
				t.Errorf("got %s from %s, want %s from %s", ep, ep.source, tt.want, tt.source)
			}
		})
	}
}

func TestUnusedConfigurationIsNotRead(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, "not JSON", dir, "config.json")
	for _, env := range [][]string{
		{"DOCKER_HOST=unix:///x", "DOCKER_CONFIG=" + dir, "DOCKER_CERT_PATH=/nowhere"},
		{"DOCKER_CONTEXT=default", "DOCKER_CONFIG=" + dir},
	} {
		if _, failure := resolveEndpoint(env, ""); failure != nil {
			t.Errorf("%q: %v", env, failure)
		}
	}
}

func TestConfigurationErrors(t *testing.T) {
	dir := t.TempDir()
	few := t.TempDir()
	writeFile(t, `{"currentContext": "stagign"}`, few, "config.json")
	for _, name := range []string{"prod", "staging"} {
		addContext(t, few, name, "tcp://prod.test:1", nil, false)
	}
	broken := t.TempDir()
	writeFile(t, `{"currentContext": `, broken, "config.json")
	badTLS := map[string][]byte{"ca.pem": []byte("no certificate")}
	addContext(t, dir, "badtls", "tcp://prod.test:1", badTLS, false)
	addContext(t, dir, "halftls", "tcp://prod.test:1", map[string][]byte{"key.pem": []byte("x")}, false)
	addContext(t, dir, "badhost", "ftp://prod.test", nil, false)
	empty, noCA := t.TempDir(), t.TempDir()
	writeFile(t, "x", noCA, "cert.pem")

	tests := []struct {
		name string
		host string
		env  []string
		want string
	}{
		{"bad DOCKER_HOST", "", []string{"DOCKER_HOST=docker.sock://x"},
			`configuration in DOCKER_HOST failed: the scheme "docker.sock" is none of unix, npipe, tcp, ssh; write an address such as PLATFORM, tcp://host:2376 or ssh://user@host`},
		{"bad host", "/run/docker.sock", nil,
			`configuration in spec.connection.docker.host failed: "/run/docker.sock" is a path; a socket is written unix:///run/docker.sock; write an address such as PLATFORM, tcp://host:2376 or ssh://user@host`},
		{"no such context", "", []string{"DOCKER_CONTEXT=prdo", "DOCKER_CONFIG=" + few},
			"configuration in FEW/contexts failed: docker context \"prdo\", which DOCKER_CONTEXT names, was not found (did you mean \"prod\"?); list them with docker context ls"},
		{"no such current context", "", []string{"DOCKER_CONFIG=" + few},
			"configuration in FEW/contexts failed: docker context \"stagign\", which currentContext of FEW/config.json names, was not found (did you mean \"staging\"?); list them with docker context ls"},
		{"no contexts at all", "", []string{"DOCKER_CONTEXT=prod", "DOCKER_CONFIG=" + empty},
			"configuration in EMPTY/contexts failed: docker context \"prod\", which DOCKER_CONTEXT names, was not found: there is \"default\"; list them with docker context ls"},
		{"a context with a bad host", "", []string{"DOCKER_CONTEXT=badhost", "DOCKER_CONFIG=" + dir},
			`configuration in docker context "badhost" failed: the scheme "ftp" is none of unix, npipe, tcp, ssh; write an address such as PLATFORM, tcp://host:2376 or ssh://user@host`},
		{"a context with a bad CA", "", []string{"DOCKER_CONTEXT=badtls", "DOCKER_CONFIG=" + dir},
			"credentials from docker context \"badtls\" failed: ca.pem holds no certificate; give the context its certificates again with `docker context update`"},
		{"a context with half a pair", "", []string{"DOCKER_CONTEXT=halftls", "DOCKER_CONFIG=" + dir},
			"credentials from docker context \"halftls\" failed: key.pem is there, cert.pem is not; give the context its certificates again with `docker context update`"},
		{"config.json is not JSON", "", []string{"DOCKER_CONFIG=" + broken},
			`configuration in BROKEN/config.json failed: it is not JSON: unexpected end of JSON input; fix the file, or set DOCKER_HOST or DOCKER_CONTEXT, with which it is not read`},
		{"no certificates", "tcp://x:1", []string{"DOCKER_CERT_PATH=" + empty},
			`credentials from EMPTY failed: the folder holds no certificates; put ca.pem, cert.pem and key.pem there, or point DOCKER_CERT_PATH at the folder that holds them`},
		{"no CA", "tcp://x:1", []string{"DOCKER_TLS_VERIFY=1", "DOCKER_CERT_PATH=" + noCA},
			`credentials from NOCA failed: ca.pem is missing, and DOCKER_TLS_VERIFY asks for it; put ca.pem, cert.pem and key.pem there, or point DOCKER_CERT_PATH at the folder that holds them`},
		{"half a pair", "tcp://x:1", []string{"DOCKER_CERT_PATH=" + noCA},
			`credentials from NOCA failed: cert.pem is there, key.pem is not; put ca.pem, cert.pem and key.pem there, or point DOCKER_CERT_PATH at the folder that holds them`},
	}
	names := strings.NewReplacer(few, "FEW", broken, "BROKEN", empty, "EMPTY", noCA, "NOCA", platformHost, "PLATFORM", `\`, "/")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, failure := resolveEndpoint(tt.env, tt.host)
			if failure == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, names.Replace(failure.Error())); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// A context speaks TLS if it has certificates, or is told to take any. Without a port
// it has that of HTTP, as the docker command has it.
func TestContextTLS(t *testing.T) {
	dir := t.TempDir()
	addContext(t, dir, "plain", "tcp://h.test:1", nil, false)
	addContext(t, dir, "any", "tcp://h.test:1", nil, true)
	addContext(t, dir, "portless", "tcp://[::1]", nil, false)
	addContext(t, dir, "portless TLS", "tcp://h.test", nil, true)
	addContext(t, dir, "ca", "tcp://h.test:1", map[string][]byte{"ca.pem": faults.Certificates(t).CA.PEM}, false)
	for name, want := range map[string][2]bool{"plain": {false, false}, "any": {true, true}, "ca": {true, false}} {
		// What the environment has is not the context's.
		ep, failure := resolveEndpoint([]string{"DOCKER_CONTEXT=" + name, "DOCKER_CONFIG=" + dir, "DOCKER_TLS=1", "DOCKER_CERT_PATH=/nowhere"}, "")
		if failure != nil {
			t.Fatal(failure)
		}
		if got := [2]bool{ep.tls != nil, ep.unchecked()}; got != want {
			t.Errorf("%s: TLS, unchecked: %t, want %t", name, got, want)
		}
	}
	for name, want := range map[string]string{"portless": "tcp://[::1]:80", "portless TLS": "tcp://h.test:443"} {
		if ep, failure := resolveEndpoint([]string{"DOCKER_CONTEXT=" + name, "DOCKER_CONFIG=" + dir}, ""); failure != nil || ep.String() != want {
			t.Errorf("%s: %v, %v, want %s", name, ep, failure, want)
		}
	}
}

func TestBrokenContextIsNamed(t *testing.T) {
	dir := t.TempDir()
	addContext(t, dir, "prod", "tcp://prod.test:1", nil, false)
	metas, err := filepath.Glob(filepath.Join(dir, "contexts", "meta", "*", "meta.json"))
	if err != nil || len(metas) != 1 {
		t.Fatal(metas, err)
	}
	for text, want := range map[string]string{
		`{`:                           `docker context "prod": `,
		`{"Name":"prod"}`:             `docker context "prod" has no docker endpoint`,
		`{"Endpoints":{"docker":[]}}`: `docker context "prod": `,
	} {
		writeFile(t, text, metas[0])
		_, failure := resolveEndpoint([]string{"DOCKER_CONTEXT=prod", "DOCKER_CONFIG=" + dir}, "")
		if failure == nil || !strings.HasPrefix(failure.Cause.Error(), want) {
			t.Errorf("%s: got %v, want %s…", text, failure, want)
		}
	}
}

func TestDefaultHost(t *testing.T) {
	want := "unix:///var/run/docker.sock"
	if runtime.GOOS == "windows" {
		want = "npipe:////./pipe/docker_engine"
	}
	if platformHost != want {
		t.Errorf("the platform's default is %s, want %s", platformHost, want)
	}
}

// TestPinned: whatever led to the daemon, the environment leads there alone. It has the
// address, but the name of a stored context with TLS files, which has no other way to them.
func TestPinned(t *testing.T) {
	dir := t.TempDir()
	addContext(t, dir, "plain", "tcp://plain.test:1", nil, false)
	addContext(t, dir, "tls", "tcp://tls.test:1", map[string][]byte{"ca.pem": faults.Certificates(t).CA.PEM}, false)
	for _, tt := range []struct {
		host string
		env  []string
		want string
		kept []string // of env
	}{
		{"tcp://declared.test:9", []string{"DOCKER_HOST=tcp://elsewhere.test:1", "DOCKER_CONTEXT=tls"}, "DOCKER_HOST=tcp://declared.test:9", nil},
		{"ssh://me@declared.test", []string{"DOCKER_CONTEXT=tls"}, "DOCKER_HOST=ssh://me@declared.test", nil},
		{"", []string{"DOCKER_HOST=unix:///d.sock", "DOCKER_CONTEXT=tls"}, "DOCKER_HOST=unix:///d.sock", nil},
		{"", []string{"DOCKER_CONTEXT=plain"}, "DOCKER_HOST=tcp://plain.test:1", nil},
		{"", []string{"DOCKER_CONTEXT=tls"}, "DOCKER_CONTEXT=tls", nil},
		{"", nil, "DOCKER_HOST=" + platformHost, nil},
		{env: []string{"DOCKER_TLS=1", "DOCKER_HOST=tcp://h.test:1", "DOCKER_CONTEXT=plain"}, want: "DOCKER_HOST=tcp://h.test:1", kept: []string{"DOCKER_TLS=1"}},
		// TLS of the environment is for tcp addresses that are not a stored context's.
		{"", []string{"DOCKER_CONTEXT=plain", "DOCKER_TLS_VERIFY=1", "DOCKER_TLS=1", "DOCKER_CERT_PATH=/certs"}, "DOCKER_HOST=tcp://plain.test:1", nil},
		{"unix:///d.sock", []string{"DOCKER_CERT_PATH=/certs"}, "DOCKER_HOST=unix:///d.sock", nil},
	} {
		env := append([]string{"DOCKER_CONFIG=" + dir, "OTHER=kept"}, tt.env...)
		got, err := New(Options{Env: env}).Pinned(tt.host)
		want := slices.Concat([]string{"DOCKER_CONFIG=" + dir, "OTHER=kept"}, tt.kept, []string{tt.want})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q with %q: %q, %v, want %q", tt.host, tt.env, got, err, want)
		}
	}
	if _, err := New(Options{Env: []string{"DOCKER_CONFIG=" + dir, "DOCKER_CONTEXT=none"}}).Pinned(""); err == nil {
		t.Error("a context that is not there was pinned")
	}
}
