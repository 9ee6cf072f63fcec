package tiltfile

import (
	"cmp"
	"net/url"

	sl "go.starlark.net/starlark"

	"github.com/sextant-dev/sextant/builtins/internal/table"
)

// resourceFunctions declare local resources and make what resources take.
func resourceFunctions() []row {
	return []row{
		{Name: "local_resource", Returns: "None", Doc: "Declares commands to run on this machine; records them and runs none.", Declares: true, Define: localResource},
		{Name: "test", Returns: "None", Doc: "Declares a local resource that tests; an old name of local_resource.", Declares: true, Define: localResource},
		{Name: "trigger_mode", Returns: "None", Doc: "Sets the trigger mode of every resource that has none of its own.", Declares: true, Define: func(p *params) body {
			mode := table.Required(p, "trigger_mode", typeTriggerMode, "TRIGGER_MODE_AUTO or TRIGGER_MODE_MANUAL.")
			return func(r *Run, c *call) (sl.Value, error) {
				if r.mode.at != "" {
					return nil, c.Errorf("it was called at %s already", r.mode.at)
				}
				r.mode = defaultMode{mode: mode.Of(c), at: r.script.here(c).String()}
				return sl.None, nil
			}
		}},
		{Name: "link", Returns: "Link", Doc: "Makes a link to show with a resource.", Define: func(p *params) body {
			url := table.Required(p, "url", typeStr, "The URL; one without a scheme is of http.")
			name := optional(p, "name", typeStr, "What to show.")
			return func(_ *Run, c *call) (sl.Value, error) {
				l, err := newLink(url.Of(c), name.Of(c))
				if err != nil {
					return nil, url.Errorf(c, "%w", err)
				}
				return value[Link]{"Link", l, sl.StringDict{"url": sl.String(l.URL), "name": sl.String(l.Name)}}, nil
			}
		}},
		{Name: "port_forward", Returns: "PortForward", Doc: "Makes a port forward of a resource.", Define: portForward},
		{Name: "probe", Returns: "Probe", Doc: "Makes a probe that asks whether a server is ready.", Define: probe},
		{Name: "exec_action", Returns: "ExecAction", Doc: "Makes a probe's command.", Define: func(p *params) body {
			cmd := table.Required(p, "command", typeCommand, "The command.")
			return func(_ *Run, c *call) (sl.Value, error) {
				return value[command]{"ExecAction", cmd.Of(c), sl.StringDict{"command": stringList(cmd.Of(c).args)}}, nil
			}
		}},
		{Name: "http_get_action", Returns: "HTTPGetAction", Doc: "Makes a probe's request.", Define: func(p *params) body {
			port := table.Required(p, "port", typePort, "The port.")
			host := optional(p, "host", typeStr, "The host; empty is localhost.")
			scheme := optional(p, "scheme", typeStr, "http or https; empty is http.")
			path := optional(p, "path", typeStr, "The path.")
			return func(_ *Run, c *call) (sl.Value, error) {
				get := HTTPGet{Host: cmp.Or(host.Of(c), "localhost"), Port: port.Of(c), Scheme: cmp.Or(scheme.Of(c), "http"), Path: path.Of(c)}
				return value[HTTPGet]{"HTTPGetAction", get, sl.StringDict{
					"host": sl.String(get.Host), "port": sl.MakeInt(get.Port), "scheme": sl.String(get.Scheme), "path": sl.String(get.Path),
				}}, nil
			}
		}},
		{Name: "tcp_socket_action", Returns: "TCPSocketAction", Doc: "Makes a probe's connection.", Define: func(p *params) body {
			port := table.Required(p, "port", typePort, "The port.")
			host := optional(p, "host", typeStr, "The host; empty is localhost.")
			return func(_ *Run, c *call) (sl.Value, error) {
				socket := TCPSocket{Host: cmp.Or(host.Of(c), "localhost"), Port: port.Of(c)}
				return value[TCPSocket]{"TCPSocketAction", socket, sl.StringDict{"host": sl.String(socket.Host), "port": sl.MakeInt(socket.Port)}}, nil
			}
		}},
	}
}

// defaultMode is the call of trigger_mode.
type defaultMode struct {
	mode triggerMode
	at   string
}

func localResource(p *params) body {
	name := table.Required(p, "name", typeName, "The name of the resource.")
	cmd := optional(p, "cmd", typeCommand, "The command that ends.")
	deps := optional(p, "deps", typePaths, "The files whose change causes cmd.")
	mode := optional(p, "trigger_mode", typeTriggerMode, "When cmd runs: TRIGGER_MODE_AUTO or TRIGGER_MODE_MANUAL.")
	resourceDeps := table.Optional(p, "resource_deps", typeList, table.Unset, "The resources that must be ready before.")
	ignore := optional(p, "ignore", typePatterns, "Patterns of files of deps whose change does not count.")
	autoInit := table.Optional(p, "auto_init", none(typeBool), sl.True, "Whether it runs when Tilt starts.")
	serveCmd := optional(p, "serve_cmd", typeCommand, "The command that serves.")
	cmdBat := optional(p, "cmd_bat", typeBat, "cmd on Windows.")
	serveCmdBat := optional(p, "serve_cmd_bat", typeBat, "serve_cmd on Windows.")
	parallel := optional(p, "allow_parallel", typeBool, "Whether cmd may run beside others.")
	links := optional(p, "links", oneOrMore(typeLink), "Links to show.")
	labels := optional(p, "labels", oneOrMore(typeLabel), "Labels that group resources.")
	env := optional(p, "env", typeDict, "Variables to add to the environment of cmd.")
	serveEnv := optional(p, "serve_env", typeDict, "Variables to add to the environment of serve_cmd.")
	readiness := optional(p, "readiness_probe", typeOf[Probe]("Probe"), "Asks whether serve_cmd is ready.")
	dir := optional(p, "dir", typePath, "The folder that cmd runs in.")
	serveDir := optional(p, "serve_dir", typePath, "The folder that serve_cmd runs in.")
	return func(r *Run, c *call) (sl.Value, error) {
		l := &LocalResource{
			Cmd:           r.paths.command(c, cmd.Of(c), cmdBat.Of(c), dir.Of(c), env.Of(c)),
			ServeCmd:      r.paths.command(c, serveCmd.Of(c), serveCmdBat.Of(c), serveDir.Of(c), serveEnv.Of(c)),
			Deps:          r.paths.recordedAll(c, deps.Of(c)),
			Ignore:        ignore.Of(c),
			AllowParallel: parallel.Of(c),
		}
		if l.Cmd == nil && l.ServeCmd == nil {
			return nil, c.Errorf("%q has neither cmd nor serve_cmd", name.Of(c))
		}
		switch {
		case readiness.Given(c) && l.ServeCmd == nil:
			r.host.Warnf(r.script.here(c), "the readiness probe of %q has no effect: the resource has no serve_cmd", name.Of(c))
		case readiness.Given(c):
			probe := readiness.Of(c)
			l.ReadinessProbe = &probe
		}
		return sl.None, r.declared.declare(c, r.script.site(c), &Resource{
			Name: name.Of(c), Kind: KindLocal, DependsOn: resourceDeps.Of(c), Labels: labels.Of(c), Links: links.Of(c),
			TriggerMode: string(mode.Of(c)), AutoInit: autoInit.Of(c), Local: l,
		})
	}
}

func portForward(p *params) body {
	localPort := table.Required(p, "local_port", typePort, "The port of this machine.")
	containerPort := optional(p, "container_port", typePort, "The port of the container; 0 is the same.")
	name := optional(p, "name", typeStr, "What to show.")
	linkPath := optional(p, "link_path", typeStr, "The path of the link to show.")
	host := optional(p, "host", typeStr, "The address of this machine to listen on.")
	return func(_ *Run, c *call) (sl.Value, error) {
		if h := host.Of(c); h != "" {
			if err := checkHost(h); err != nil {
				return nil, host.Errorf(c, "%w", err)
			}
		}
		if _, err := url.Parse(linkPath.Of(c)); err != nil {
			return nil, linkPath.Errorf(c, "%w", err)
		}
		return value[PortForward]{typeName: "PortForward", of: PortForward{
			LocalPort: localPort.Of(c), ContainerPort: containerPort.Of(c), Name: name.Of(c), LinkPath: linkPath.Of(c), Host: host.Of(c),
		}}, nil
	}
}

func probe(p *params) body {
	delay := optional(p, "initial_delay_secs", typePositive, "How long to wait before the first time.")
	timeout := optional(p, "timeout_secs", typePositive, "How long one may take.")
	period := optional(p, "period_secs", typePositive, "How long from one to the next.")
	success := optional(p, "success_threshold", typePositive, "How many must succeed for ready.")
	failure := optional(p, "failure_threshold", typePositive, "How many must fail for not ready.")
	exec := optional(p, "exec", typeMade[command]("ExecAction"), "A command.")
	httpGet := optional(p, "http_get", typeMade[HTTPGet]("HTTPGetAction"), "A request.")
	tcpSocket := optional(p, "tcp_socket", typeMade[TCPSocket]("TCPSocketAction"), "A connection.")
	return func(_ *Run, c *call) (sl.Value, error) {
		made := Probe{
			InitialDelaySecs: delay.Of(c), TimeoutSecs: timeout.Of(c), PeriodSecs: period.Of(c),
			SuccessThreshold: success.Of(c), FailureThreshold: failure.Of(c), Exec: exec.Of(c).of.args,
		}
		attrs := sl.StringDict{
			"initial_delay_secs": sl.MakeInt(made.InitialDelaySecs), "timeout_secs": sl.MakeInt(made.TimeoutSecs), "period_secs": sl.MakeInt(made.PeriodSecs),
			"success_threshold": sl.MakeInt(made.SuccessThreshold), "failure_threshold": sl.MakeInt(made.FailureThreshold),
			"exec": sl.None, "http_get": sl.None, "tcp_socket": sl.None,
		}
		actions := 0
		if exec.Given(c) {
			attrs["exec"] = exec.Of(c)
			actions++
		}
		if httpGet.Given(c) {
			action := httpGet.Of(c)
			made.HTTPGet, attrs["http_get"] = &action.of, action
			actions++
		}
		if tcpSocket.Given(c) {
			action := tcpSocket.Of(c)
			made.TCPSocket, attrs["tcp_socket"] = &action.of, action
			actions++
		}
		if actions != 1 {
			return nil, c.Errorf("got %d of exec, http_get and tcp_socket: give exactly one", actions)
		}
		return value[Probe]{"Probe", made, attrs}, nil
	}
}
