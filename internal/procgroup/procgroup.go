package procgroup

import "os/exec"

// Group is a command that was started, with all that it starts.
type Group struct {
	cmd *exec.Cmd
	system
}

// Start starts cmd in a group of its own.
func Start(cmd *exec.Cmd) (*Group, error) {
	g := &Group{cmd: cmd}
	if err := g.prepare(cmd); err != nil {
		return nil, err
	}
	return g, g.start()
}

func (g *Group) start() error {
	if err := g.cmd.Start(); err != nil {
		g.release()
		return err
	}
	if err := g.enter(g.cmd); err != nil {
		g.cmd.Process.Kill()
		g.cmd.Wait() // it was killed
		g.release()
		return err
	}
	return nil
}

// Kill kills every process of the group. Wait still has to be called.
func (g *Group) Kill() { g.kill() }

// Wait waits for the command and kills what it left running. The error is that
// of exec.Cmd.Wait.
func (g *Group) Wait() error {
	err := g.cmd.Wait()
	g.kill() // fails if nothing is left, as it should be
	g.release()
	return err
}

// Run runs cmd, made with exec.CommandContext, in a group of its own. When cmd
// has ended or its context is done, the whole group is killed.
func Run(cmd *exec.Cmd) error {
	g := &Group{cmd: cmd}
	if err := g.prepare(cmd); err != nil {
		return err
	}
	cmd.Cancel = g.kill
	if err := g.start(); err != nil {
		return err
	}
	return g.Wait()
}
