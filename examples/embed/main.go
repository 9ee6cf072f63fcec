package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/docker"
	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

func main() {
	recording := flag.String("clusters", "", "replay this `file`, as printed by sextant eval -o yaml, and connect to nothing")
	verbose := flag.Bool("v", false, "log each resolution")
	flag.Parse()
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	p := planner{
		folder:    cmp.Or(flag.Arg(0), "."),
		recording: *recording,
		logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})),
		stderr:    os.Stderr,
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	services, err := p.run(ctx)
	stop()
	if err == nil {
		err = printPlan(os.Stdout, services)
	}
	if err != nil {
		starlark.Render(os.Stderr, err)
		os.Exit(1)
	}
}

// planner runs the Clusterfile of a folder.
type planner struct {
	folder    string
	recording string // a ClusterList to replay; "" is live
	logger    *slog.Logger
	stderr    io.Writer
}

// run returns the services that the script declares, in order.
func (p *planner) run(ctx context.Context) ([]service, error) {
	files, err := starlark.OpenDir(p.folder)
	if err != nil {
		return nil, err
	}
	defer files.Close()

	resolver, catalog, done, err := p.connect()
	if err != nil {
		return nil, err
	}
	defer done()

	engine := &starlark.Engine{
		Files: files,
		Table: table,
		Print: func(_ diag.Position, message string) { fmt.Fprintln(p.stderr, message) },
	}
	sextant := builtins.New(builtins.Options{
		Resolver: cluster.Log(resolver, p.logger),
		Catalog:  catalog,
		Env:      os.Environ(),
		Warn:     func(w builtins.Warning) { p.logger.Warn(w.Text, "at", w.Position) },
	})
	services := &services{}
	if err := engine.Run(ctx, "Clusterfile", sextant, services); err != nil {
		return nil, err
	}
	return services.all, nil
}

// table describes what scripts can use, for starlark.Engine.Check and for what
// messages suggest.
func table(string) *analysis.Table {
	own, err := analysis.ParseRows(rows)
	if err != nil {
		panic(err) // the rows are part of the program
	}
	return analysis.NewTable(analysis.Library(), builtins.Describe(), own)
}

const rows = `
service(name: str, cluster: Cluster, image: Image, size: dict = {}) -> service  # Declares a service.
service.url: str  # Where it answers.
service.platform: str  # The platform to build for.
service.push: str  # The image to push.
service.pull: str  # The image that the cluster pulls.
`

// connect returns how the run learns of clusters: from a recording, or live.
func (p *planner) connect() (cluster.Resolver, cluster.Catalog, func(), error) {
	if p.recording == "" {
		k := kube.New(kube.Options{})
		live := cluster.ByKind{Kubernetes: k, Docker: docker.New(docker.Options{})}
		resolver := cluster.Share(cluster.Limit(cluster.Timeout(live, cluster.DefaultTimeout), cluster.DefaultLimit), k.Named)
		return resolver, k, k.Close, nil
	}
	data, err := os.ReadFile(p.recording)
	if err != nil {
		return nil, nil, nil, err
	}
	list, err := cluster.ParseList(p.recording, data)
	if err != nil {
		return nil, nil, nil, err
	}
	replay := cluster.NewReplay(p.recording, list)
	return replay, replay, func() {}, nil
}
