//go:build unix && !linux

package process

import (
	"bufio"
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// List is every running process that this one can see.
func List() ([]Process, error) {
	out, err := exec.Command("ps", "-axo", "pid=,ppid=,state=,command=").Output()
	if err != nil {
		return nil, fmt.Errorf("list processes with ps: %w", err)
	}
	var all []Process
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || strings.HasPrefix(fields[2], "Z") {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil {
			return nil, fmt.Errorf("read %q from ps: %w", lines.Text(), err)
		}
		parent, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, fmt.Errorf("read %q from ps: %w", lines.Text(), err)
		}
		all = append(all, Process{PID: pid, Parent: parent, Command: strings.Join(fields[3:], " ")})
	}
	return all, nil
}
