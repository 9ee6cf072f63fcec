package wire

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

const (
	// minWait keeps a server that answers "Retry-After: 0" from being asked in a
	// tight loop; defaultWait is for one without that header.
	minWait     = 100 * time.Millisecond
	defaultWait = time.Second
)

// RetryAfter returns how long to wait before asking again, 0 for never: RFC 9110
// section 10.2.3, in seconds or as a date. A 429 is always retried, a 503 if the
// server names a time.
func RetryAfter(resp *http.Response) time.Duration {
	after := resp.Header.Get("Retry-After")
	if resp.StatusCode != http.StatusTooManyRequests && (resp.StatusCode != http.StatusServiceUnavailable || after == "") {
		return 0
	}
	if seconds, err := strconv.ParseUint(after, 10, 31); err == nil {
		return max(time.Duration(seconds)*time.Second, minWait)
	}
	if date, err := http.ParseTime(after); err == nil {
		return max(time.Until(date), minWait)
	}
	return defaultWait
}

// Pause waits, and reports whether the wait is over before ctx is. If ctx has a
// deadline that comes first it returns false at once.
func Pause(ctx context.Context, wait time.Duration) bool {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
