package process

import "strings"

// Process is one running process. A zombie, which has ended and waits for its
// parent to notice, is not running.
type Process struct {
	PID, Parent int
	// Command is its command line, arguments joined by spaces.
	Command string
}

// Running reports whether a process runs.
func Running(pid int) (bool, error) {
	all, err := List()
	if err != nil {
		return false, err
	}
	for _, p := range all {
		if p.PID == pid {
			return true, nil
		}
	}
	return false, nil
}

// Descendants are the running children of a process, their children, and so on,
// each parent before its children.
func Descendants(pid int) ([]Process, error) {
	all, err := List()
	if err != nil {
		return nil, err
	}
	children := make(map[int][]Process)
	for _, p := range all {
		children[p.Parent] = append(children[p.Parent], p)
	}
	found := children[pid]
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i].PID]...)
	}
	return found, nil
}

// Mentioning are the running processes with text in their command line. A
// folder with a random name finds those that were started to work in it,
// whoever their parent is now.
func Mentioning(text string) ([]Process, error) {
	all, err := List()
	if err != nil {
		return nil, err
	}
	var found []Process
	for _, p := range all {
		if strings.Contains(p.Command, text) {
			found = append(found, p)
		}
	}
	return found, nil
}
