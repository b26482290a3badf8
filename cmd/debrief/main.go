// Command debrief is the program: it reads the configuration, opens the store and puts the parts together by hand. All
// else is in the packages it imports.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // zones by name, on machines that have no database of them

	"github.com/spf13/cobra"
)

func main() { os.Exit(run()) }

// run is main with an exit code. Signals become the end of the context here and nowhere else.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := root().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "debrief:", err)
		return 1
	}
	return 0
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "debrief",
		Short: "A postmortem bot: pin during the incident, review in the thread, follow through",
		Long: "Debrief keeps what people pin during an incident, asks what happened, why and what to change, writes the report, and\n" +
			"reminds people of what they took on. Without a chat platform it opens a chat of its own in the browser, for trying\n" +
			"everything; what is configured by the environment is in the README.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			return runHere(cmd.Context(), c, cmd.ErrOrStderr(), nil)
		},
		Version:       version(), // shown as cobra does: a template would link all of text/template, and 7 MB that it may call
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.Args = knownCommand
	cmd.AddCommand(demoCommand(), playCommand(), exportCommand(), doctorCommand(), manifestCommand(), versionCommand())
	return cmd
}

// knownCommand refuses what is no command of cmd, and says which one is near.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	near := ""
	cmd.SuggestionsMinimumDistance = 2
	if all := cmd.SuggestionsFor(args[0]); len(all) > 0 {
		near = fmt.Sprintf("; did you mean %s?", all[0])
	}
	return fmt.Errorf("%q is no command%s (%s --help lists them)", args[0], near, cmd.CommandPath())
}

// named wants one argument, and says what it stands for.
func named(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("name %s: %s", what, strings.TrimSuffix(cmd.UseLine(), " [flags]"))
		}
		return nil
	}
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "debrief version "+version()) },
	}
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = " " + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " (changed)"
		}
	}
	return info.Main.Version + revision + modified + " " + info.GoVersion
}
