// Command debrief is the program: it reads the configuration, opens the store and puts the parts together by hand. All
// else is in the packages it imports.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
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
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := loadConfig()
			if err != nil {
				return err
			}
			return runHere(cmd.Context(), c, cmd.ErrOrStderr(), nil)
		},
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	cmd.AddCommand(demoCommand(), playCommand(), exportCommand(), doctorCommand(), manifestCommand(), versionCommand())
	return cmd
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), version()) },
	}
}

// version is the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "debrief (unknown)"
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
	return "debrief " + info.Main.Version + revision + modified + " " + info.GoVersion
}
