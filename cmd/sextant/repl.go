package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sextant-dev/sextant/internal/dialect"
	"github.com/sextant-dev/sextant/starlark"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

func newReplCommand(a *app) *cobra.Command {
	var script scriptFlags
	var r repl
	cmd := &cobra.Command{
		Use:   "repl [flags] [FILE] [-- ARGS]",
		Short: "Run statements as you type them",
		Long: `Repl reads statements from the terminal, runs each as a script would, and prints
the values of expressions. With FILE, it runs that script first and keeps its
names. A statement goes on over several lines if the first ends with a colon or an
open bracket; an empty line ends it.

Tab completes names and attributes, the arrow keys recall earlier lines, Ctrl-C
stops a statement, and Ctrl-D quits. If standard input is not a terminal, repl
reads it to its end and shows no prompt.

-c runs its argument and exits with status 1 if that fails.`,
		Example: `  sextant repl
  sextant repl --clusters clusters.yaml Clusterfile
  sextant repl --clusters clusters.yaml -c 'k8s_cluster("kind-dev").platforms'`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			return atMostOne(cmd, own, "FILE")
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			r.app, r.stdin, r.command = a, cmd.InOrStdin(), cmd.Flags().Changed("command")
			ctx, release := withoutInterrupt(cmd.Context())
			defer release()
			return a.execute(ctx, scriptRun{flags: &script, file: first(own), args: forScript, session: r.run}, nil)
		},
	}
	script.add(cmd)
	cmd.Flags().StringVarP(&r.source, "command", "c", "", "the statements to run, instead of those typed; then exit")
	return cmd
}

// withoutInterrupt returns a context that an interrupt from the keyboard does not
// cancel, but every other end of ctx does.
func withoutInterrupt(ctx context.Context) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if sig := (*signalError)(nil); !errors.As(context.Cause(ctx), &sig) || sig.signal != os.Interrupt {
			cancel(context.Cause(ctx))
		}
	})
	return inner, func() {
		stop()
		cancel(nil)
	}
}

// repl is one console.
type repl struct {
	app     *app
	stdin   io.Reader
	source  string // of -c
	command bool   // whether -c is there
}

func (r *repl) run(ctx context.Context, engine *starlark.Engine, file string, run *dialect.Run) error {
	session, err := engine.Open(ctx, file, run.Plugin())
	if err != nil {
		return err
	}
	err = r.statements(ctx, session)
	if errors.Is(err, context.Canceled) || err == nil {
		return cmp.Or(session.Close(), err)
	}
	return errors.Join(err, session.Close())
}

func (r *repl) statements(ctx context.Context, session *starlark.Session) error {
	if r.command {
		readLine := lines(strings.NewReader(r.source))
		for {
			if done, err := r.statement(ctx, session, readLine); done || err != nil {
				return err
			}
		}
	}
	readLine, close := r.input(session)
	defer close()
	for {
		done, err := r.statement(ctx, session, readLine)
		switch {
		case done:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			if starlark.Render(r.app.console, err) != nil {
				r.app.console.Printf("Error: %v", err)
			}
		}
	}
}

// statement runs one statement, which an interrupt stops, and prints its value.
func (r *repl) statement(ctx context.Context, session *starlark.Session, readLine func(bool) (string, error)) (done bool, err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	value, err := session.Next(ctx, readLine)
	switch {
	case errors.Is(err, io.EOF):
		return true, nil
	case err != nil:
		return false, err
	case value != nil:
		_, err = fmt.Fprintln(r.app.stdout, value)
	}
	return false, err
}

// lines reads from what is not a terminal.
func lines(r io.Reader) func(bool) (string, error) {
	buffered := bufio.NewReader(r)
	return func(bool) (string, error) {
		line, err := buffered.ReadString('\n')
		if line != "" {
			err = nil
		}
		return line, err
	}
}

// input returns what reads lines of a terminal with history and completion, or
// of a pipe or file as they come.
func (r *repl) input(session *starlark.Session) (readLine func(bool) (string, error), close func()) {
	file, ok := r.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return lines(r.stdin), func() {}
	}
	r.app.console.Printf("Tab completes a name, Ctrl-D ends; sextant doc NAME explains a function.")
	fd := int(file.Fd())
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{interruptReader{file}, r.app.console.Terminal()}, "")
	terminal.AutoCompleteCallback = func(line string, pos int, key rune) (string, int, bool) {
		if key != '\t' {
			return "", 0, false
		}
		return complete(terminal, session, line, pos)
	}
	return func(more bool) (string, error) {
		terminal.SetPrompt(">>> ")
		if more {
			terminal.SetPrompt("... ")
		}
		if width, height, err := term.GetSize(fd); err == nil {
			if err := terminal.SetSize(width, height); err != nil {
				return "", err
			}
		}
		// Raw only while a line is read, so that Ctrl-C ends a statement as it ends
		// any program.
		state, err := term.MakeRaw(fd)
		if err != nil {
			return "", err
		}
		line, err := terminal.ReadLine()
		err = errors.Join(skipPaste(err), term.Restore(fd, state))
		if !more && err == nil && wantsToLeave(line) {
			r.app.console.Printf("Press Ctrl-D to leave.")
			line = "" // an empty statement
		}
		return line + "\n", err
	}, func() { r.app.console.Printf("") }
}

// wantsToLeave reports whether a line is what ends the console of Python.
func wantsToLeave(line string) bool {
	word := strings.TrimSuffix(strings.TrimSpace(line), "()")
	return word == "exit" || word == "quit"
}

// skipPaste drops what x/term returns beside a line that was pasted.
func skipPaste(err error) error {
	if err == term.ErrPasteIndicator {
		return nil
	}
	return err
}

// interruptReader makes Ctrl-C clear the line, for which x/term has Ctrl-U; it
// would take Ctrl-C for the end of the input.
type interruptReader struct{ r io.Reader }

func (i interruptReader) Read(p []byte) (int, error) {
	n, err := i.r.Read(p)
	for k, b := range p[:n] {
		if b == 3 {
			p[k] = 21
		}
	}
	return n, err
}

// complete extends the name before pos by what all candidates share. If that is
// nothing it writes the candidates to w.
func complete(w io.Writer, session *starlark.Session, line string, pos int) (string, int, bool) {
	start := pos
	for start > 0 && (line[start-1] == '.' || analysis.IsNameByte(line[start-1])) {
		start--
	}
	word := line[start:pos]
	if word == "" {
		return "", 0, false
	}
	candidates := completions(session, word)
	if len(candidates) == 0 {
		return "", 0, false
	}
	shared := candidates[0]
	for _, c := range candidates[1:] {
		for !strings.HasPrefix(c, shared) {
			_, size := utf8.DecodeLastRuneInString(shared)
			shared = shared[:len(shared)-size]
		}
	}
	if shared == word && len(candidates) > 1 {
		fmt.Fprintf(w, "%s\n", strings.Join(candidates, "  "))
	}
	return line[:start] + shared + line[pos:], start + len(shared), true
}

// completions returns the names, or the attributes of a value, that begin with
// word. It reads no attribute of a value but a module's: that could wait for a
// cluster.
func completions(session *starlark.Session, word string) []string {
	names, prefix := session.Names(), ""
	if dot := strings.LastIndexByte(word, '.'); dot >= 0 {
		prefix = word[:dot+1]
		names = session.Attributes(word[:dot])
	}
	var found []string
	for _, name := range names {
		if strings.HasPrefix(prefix+name, word) {
			found = append(found, prefix+name)
		}
	}
	slices.Sort(found)
	return found
}
