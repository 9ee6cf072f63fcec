package format

import (
	"context"
	"sync"
)

// Cache formats sources that change a little from one time to the next, as an
// editor's do: it formats only the parts that the last source of the name did not
// have. Any number of goroutines can use it.
type Cache struct {
	mu sync.Mutex
	// known are the parts of the last source of each name, and their layout.
	known map[string]map[string][]byte
	// formatted counts the bytes that were formatted.
	formatted int
}

// Source returns what the function [Source] does. What was formatted before ctx is
// done is kept.
func (c *Cache) Source(ctx context.Context, name string, src []byte) ([]byte, error) {
	src = normal(src)
	used := map[string][]byte{}
	out, err := byParts(ctx, name, src, 0, func(part string) ([]byte, error) {
		printed, err := c.part(name, part)
		used[part] = printed
		return printed, err
	})
	if err == nil {
		c.mu.Lock()
		c.known[name] = used
		c.mu.Unlock()
	}
	return out, err
}

func (c *Cache) part(name, text string) ([]byte, error) {
	c.mu.Lock()
	printed, ok := c.known[name][text]
	c.mu.Unlock()
	if ok {
		return printed, nil
	}
	printed, err := whole(name, []byte(text))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]map[string][]byte{}
	}
	if c.known[name] == nil {
		c.known[name] = map[string][]byte{}
	}
	c.known[name][text] = printed
	c.formatted += len(text)
	return printed, nil
}

// Forget drops what is kept of a name.
func (c *Cache) Forget(name string) {
	c.mu.Lock()
	delete(c.known, name)
	c.mu.Unlock()
}
