package watch

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/sextant-dev/sextant/cluster"
)

// loop observes one entry.
type loop struct {
	watcher *Watcher
	entry   *entry
	req     cluster.Request

	conn Conn
	// key is of the configuration that conn was opened with.
	key string
	// opened is when conn was opened.
	opened time.Time
	// expires is when the credentials of conn expire, zero for never. lacking is set
	// if they could not be obtained.
	expires time.Time
	lacking bool
	// refreshed is when everything was observed last.
	refreshed time.Time
	// renewed is set if credentials were obtained again because the cluster did not
	// accept those before, and it has accepted none since.
	renewed bool
	// down is how many probes in a row failed since the cluster counts as down.
	down int
}

// run keeps the entry up to date until ctx is done.
func (l *loop) run(ctx context.Context) {
	defer l.close()
	renew := true
	for {
		// The channel comes before the key, so that no change is missed.
		changed := l.watcher.options.Source.Changed()
		moved := l.watcher.options.Source.Key(l.req) != l.key
		renew = renew || moved || l.outdated()
		if renew {
			l.open()
		}
		kept := l.observe(ctx, renew, moved)
		if ctx.Err() != nil {
			return
		}
		var ok bool
		if renew, ok = l.wait(ctx, l.delay(&kept), changed); !ok {
			return
		}
	}
}

// outdated reports whether credentials have to be obtained again: there are none,
// they have expired, or with them the cluster has been down for long. A plugin whose
// user has logged in again, say, has others.
func (l *loop) outdated() bool {
	return l.lacking || !l.expires.IsZero() && !time.Now().Before(l.expires) ||
		l.down > 0 && time.Since(l.opened) >= l.watcher.options.Refresh
}

// open replaces the connection: the configuration is another, or credentials have
// to be obtained again.
func (l *loop) open() {
	l.close()
	l.opened, l.lacking = time.Now(), false
	l.key = l.watcher.options.Source.Key(l.req)
	l.conn = l.watcher.options.Source.Open(l.req)
	l.expires, l.refreshed = time.Time{}, time.Time{}
}

func (l *loop) close() {
	if l.conn != nil {
		l.conn.Close()
	}
}

// observe probes the cluster, or resolves it if anything may have changed, and
// returns what is kept afterwards. opened reports whether the connection is new,
// moved whether its configuration is.
func (l *loop) observe(ctx context.Context, opened, moved bool) cluster.Kept {
	w := l.watcher
	kept := w.state(l.entry)
	whole := opened || kept.Unreadable > 0 ||
		kept.Status.Connected() && (kept.Status.Incomplete() || time.Since(l.refreshed) >= w.options.Refresh)
	var obs cluster.Observation
	if !whole {
		obs = l.ask(ctx, l.conn.Probe, w.options.Timeout/2)
		found := &obs.Status
		whole = found.Connected() && (!kept.Status.Connected() || found.Version != kept.Status.Version ||
			found.Identity != "" && found.Identity != kept.Status.Identity)
	}
	if whole {
		obs = l.ask(ctx, l.conn.Resolve, w.options.Timeout)
	}
	if obs.Unauthorized && !opened && !l.renewed && ctx.Err() == nil {
		l.renewed = true
		l.open()
		return l.observe(ctx, true, moved)
	}
	if ctx.Err() != nil {
		return kept
	}
	l.renewed = l.renewed && !obs.Status.Connected()
	l.lacking = obs.NoCredentials
	policy := w.options.Policy
	switch {
	case obs.Status.Connected() && whole:
		l.refreshed, l.expires = time.Now(), obs.Expires
	case obs.Status.Connected(): // a probe reports no facts, but that all are as they were
		obs.Status = kept.Status
	case moved && obs.Status.Endpoint == "":
		policy.Failures = 1 // nothing was asked: the new configuration has no such cluster
	}
	kept = w.publish(l.entry, obs, policy)
	if kept.Status.Connected() {
		l.down = 0
	} else {
		l.down++
	}
	return kept
}

// ask makes one observation, when it is this cluster's turn.
func (l *loop) ask(ctx context.Context, question func(context.Context, cluster.Request) (cluster.Observation, error), limit time.Duration) cluster.Observation {
	select {
	case l.watcher.turns <- struct{}{}:
		defer func() { <-l.watcher.turns }()
	case <-ctx.Done():
		return cluster.Observation{}
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	obs, err := question(ctx, l.req)
	if err != nil {
		return cluster.Observation{Status: cluster.ClusterStatus{Error: err.Error()}}
	}
	return obs
}

// delay is how long to wait for the next observation.
func (l *loop) delay(kept *cluster.Kept) time.Duration {
	o := &l.watcher.options
	delay := jittered(o.Interval)
	switch {
	case l.down > 0:
		delay = jittered(min(o.Doubt<<min(l.down-1, 16), o.MaxBackoff))
	case kept.Failures > 0 || kept.Unreadable > 0:
		delay = o.Doubt
	}
	if !l.expires.IsZero() {
		delay = max(min(delay, time.Until(l.expires)), o.Doubt)
	}
	return delay
}

// jittered spreads probes, so that those of many clusters do not meet.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1)
}

// wait returns after the delay, or as soon as the configuration has changed or the
// entry is invalid. renew reports whether it is invalid; ok is false if ctx is done.
func (l *loop) wait(ctx context.Context, delay time.Duration, changed <-chan struct{}) (renew, ok bool) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			return false, true
		case <-l.entry.invalid:
			return true, true
		case <-changed:
			changed = l.watcher.options.Source.Changed()
			if l.watcher.options.Source.Key(l.req) != l.key {
				return false, true
			}
		case <-ctx.Done():
			return false, false
		}
	}
}
