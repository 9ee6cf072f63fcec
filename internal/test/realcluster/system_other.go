//go:build !unix

package realcluster

import "errors"

func lock(string) (unlock func(), err error) { return nil, errors.ErrUnsupported }

func terminate(int) error { return errors.ErrUnsupported }

func kill(int) error { return errors.ErrUnsupported }

func pause(int) error { return errors.ErrUnsupported }

func unpause(int) error { return errors.ErrUnsupported }

func writeProgram(string, string) error { return errors.ErrUnsupported }
