package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// first returns the first argument, "" for none.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// scriptArgs splits the arguments at --: what the command takes, and what the
// script does.
func scriptArgs(cmd *cobra.Command, args []string) (own, script []string) {
	if n := cmd.ArgsLenAtDash(); n >= 0 {
		return args[:n], args[n:]
	}
	return args, nil
}

// noArgs refuses any argument.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, got %q", cmd.Name(), args[0])
	}
	return nil
}

// atMostOne refuses more than one argument, which the command's usage calls
// what.
func atMostOne(cmd *cobra.Command, args []string, what string) error {
	if len(args) > 1 {
		return usagef("%s takes one %s, got %d", cmd.Name(), what, len(args))
	}
	return nil
}

// apart refuses two flags that contradict each other.
func apart(cmd *cobra.Command, one, other string) error {
	if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
		return usagef("--%s and --%s do not go together", one, other)
	}
	return nil
}

// formatFlag is -o: one of some formats, of which the first is the default.
type formatFlag struct {
	value   string
	formats []string
}

func (f *formatFlag) add(cmd *cobra.Command, formats []string) {
	f.formats = formats
	cmd.Flags().StringVarP(&f.value, "output", "o", formats[0], "the format: "+strings.Join(formats, ", "))
	completeFlag(cmd, "output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

func (f *formatFlag) check() error {
	if !slices.Contains(f.formats, f.value) {
		return usagef("-o %s: want one of %s", f.value, strings.Join(f.formats, ", "))
	}
	return nil
}

// timeLimit is a flag for a duration; 0 is no limit.
type timeLimit time.Duration

func (l *timeLimit) String() string {
	if *l == 0 {
		return "0" // help shows no default then
	}
	return time.Duration(*l).String()
}

func (l *timeLimit) Set(text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return usagef("want a duration such as 30s or 2m, or 0 for no limit")
	}
	*l = timeLimit(d)
	return nil
}

func (l *timeLimit) Type() string { return "duration" }

// byteSize is a flag for a number of bytes, such as 512MiB; 0 is no limit.
type byteSize int64

// byteUnits are from the largest.
var byteUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func (b *byteSize) String() string {
	for _, u := range byteUnits {
		if n := int64(*b); n > 0 && n%u.bytes == 0 {
			return fmt.Sprintf("%d%s", n/u.bytes, u.name)
		}
	}
	return strconv.FormatInt(int64(*b), 10)
}

// Set reads a number with a unit, KiB, MiB or GiB, of which the last letters may
// be left out, or with none for bytes.
func (b *byteSize) Set(text string) error {
	number, factor := text, int64(1)
	for _, u := range byteUnits {
		for _, name := range []string{u.name, u.name[:2]} {
			if n, ok := strings.CutSuffix(text, name); ok {
				number, factor = n, u.bytes
			}
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return usagef("want a number of bytes such as 512MiB, or 0 for no limit")
	}
	*b = byteSize(n * factor)
	return nil
}

func (b *byteSize) Type() string { return "size" }

// variable is the environment variable that sets a flag: SEXTANT_MAX_STEPS sets
// --max-steps.
func variable(flag string) string {
	return "SEXTANT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// withDefaults makes every command below root take --chdir and the variables of
// its flags before it looks at its arguments.
func withDefaults(root *cobra.Command) {
	root.PersistentFlags().StringP("chdir", "C", "", "change to this folder first; paths in other flags and arguments are relative to it")
	must(root.MarkPersistentFlagDirname("chdir"))
	var wrap func(*cobra.Command)
	wrap = func(cmd *cobra.Command) {
		check := cmd.Args
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := noneEmpty(cmd, args); err != nil {
				return err
			}
			if err := applyDefaults(cmd); err != nil {
				return err
			}
			if check == nil {
				return nil
			}
			return check(cmd, args)
		}
		for _, child := range cmd.Commands() {
			wrap(child)
		}
	}
	wrap(root)
}

// mayBeEmpty are the flags for which "" is a value: no prefix, every test.
var mayBeEmpty = []string{"prefix", "run"}

// noneEmpty refuses an empty argument and an empty value of a flag. They come from
// shell variables that are not set, and must not become a run without them: on
// another cluster, or connected instead of replayed.
func noneEmpty(cmd *cobra.Command, args []string) error {
	own, _ := scriptArgs(cmd, args)
	if i := slices.Index(own, ""); i >= 0 {
		return usagef("argument %d of %s is empty: set it, or leave it out", i+1, cmd.Name())
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		empty := f.Value.Type() == "string" && f.Value.String() == ""
		if list, ok := f.Value.(pflag.SliceValue); ok {
			items := list.GetSlice() // none, if it is split at commas
			empty = len(items) == 0 || slices.Contains(items, "")
		}
		if empty && err == nil && !slices.Contains(mayBeEmpty, f.Name) {
			err = usagef("--%s \"\": set a value, or leave the flag out", f.Name)
		}
	})
	return err
}

// applyDefaults changes to the folder of --chdir, and sets the flags that the
// environment has.
func applyDefaults(cmd *cobra.Command) error {
	if dir := cmd.Flags().Lookup("chdir").Value.String(); dir != "" {
		if err := os.Chdir(dir); err != nil {
			return usagef("-C: %w", err)
		}
	}
	return setFromVariables(cmd)
}

// setFromVariables sets each flag that the command line does not have and the
// environment does. An empty variable counts as none.
func setFromVariables(cmd *cobra.Command) error {
	var errs []error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := os.Getenv(variable(f.Name))
		if value == "" || f.Changed || f.Name == "help" || f.Name == "chdir" {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			var invalid *pflag.InvalidValueError
			if errors.As(err, &invalid) {
				errs = append(errs, usagef("%s=%s: %s", variable(f.Name), value, wanted(invalid)))
				return
			}
			errs = append(errs, usagef("%s: %w", variable(f.Name), err))
			return
		}
		must(cmd.Flags().SetAnnotation(f.Name, byVariable, nil))
	})
	if len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// byVariable annotates a flag that the environment has set.
const byVariable = "sextant_by_variable"

// spelled returns what the user wrote to set a flag: --NAME, or its variable.
func spelled(cmd *cobra.Command, flag string) string {
	if _, ok := cmd.Flags().Lookup(flag).Annotations[byVariable]; ok {
		return variable(flag)
	}
	return "--" + flag
}

// flagError describes what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var missing *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &invalid):
		return usagef("--%s %s: %s", invalid.GetFlag().Name, cmp.Or(invalid.GetValue(), `""`), wanted(invalid))
	case errors.As(err, &missing):
		return usagef("--%s needs a value; see %s --help", missing.GetFlag().Name, cmd.CommandPath())
	}
	return usagef("%w%s; see %s --help", err, meantFlag(cmd, err), cmd.CommandPath())
}

// wanted describes what a flag takes: in the words of the flag's own type if it is
// one of ours.
func wanted(err *pflag.InvalidValueError) string {
	var own usageError
	if errors.As(err, &own) {
		return own.Error()
	}
	switch err.GetFlag().Value.Type() {
	case "int", "uint64":
		return "want a whole number, 0 or more"
	case "bool":
		return "want true, false, or the flag alone for true"
	case "duration":
		return "want a duration such as 500ms, 10s or 2m"
	}
	return err.Unwrap().Error()
}

// meantFlag suggests a flag if err is about one that does not exist.
func meantFlag(cmd *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return ""
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return suggest.DidYouMean("--"+unknown.GetSpecifiedName(), names)
}

// takeFile makes shells complete the values of flags as files.
func takeFile(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		must(cmd.MarkFlagFilename(name))
	}
}

// takeFolder makes shells complete the values of flags as folders.
func takeFolder(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		must(cmd.MarkFlagDirname(name))
	}
}

// completeFlag completes the value of a flag that the command has.
func completeFlag(cmd *cobra.Command, name string, f cobra.CompletionFunc) {
	must(cmd.RegisterFlagCompletionFunc(name, f))
}

// must panics if a command marks a flag that it does not have, a mistake that every
// run of the command would meet.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// clusterName returns the name of a cluster, which may be written as eval -o name
// prints it.
func clusterName(arg string) string {
	return strings.TrimPrefix(arg, "cluster."+cluster.GroupVersion.Group+"/")
}
