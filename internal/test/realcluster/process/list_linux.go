package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// List is every running process that this one can see.
func List() ([]Process, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var all []Process
	for _, stat := range stats {
		data, err := os.ReadFile(stat)
		if err != nil {
			continue // it has ended since
		}
		p, running, err := parseStat(data)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", stat, err)
		}
		if !running {
			continue
		}
		// A kernel thread has no command line, and keeps its short name.
		line, err := os.ReadFile(filepath.Join(filepath.Dir(stat), "cmdline"))
		if words := strings.TrimRight(string(line), "\x00"); err == nil && words != "" {
			p.Command = strings.ReplaceAll(words, "\x00", " ")
		}
		all = append(all, p)
	}
	return all, nil
}

// parseStat reads the first four fields of proc_pid_stat(5): pid, command in
// parentheses, which may hold anything, state, parent.
func parseStat(data []byte) (p Process, running bool, err error) {
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < open {
		return Process{}, false, fmt.Errorf("no command in parentheses in %q", data)
	}
	fields := strings.Fields(string(data[end+1:]))
	if len(fields) < 2 {
		return Process{}, false, fmt.Errorf("no state and parent in %q", data)
	}
	p.Command = string(data[open+1 : end])
	if p.PID, err = strconv.Atoi(strings.TrimSpace(string(data[:open]))); err != nil {
		return Process{}, false, fmt.Errorf("read the process id: %w", err)
	}
	if p.Parent, err = strconv.Atoi(fields[1]); err != nil {
		return Process{}, false, fmt.Errorf("read the parent of process %d: %w", p.PID, err)
	}
	state := fields[0]
	return p, state != "Z" && state != "X", nil
}
