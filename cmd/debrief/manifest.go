package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/debrief-bot/debrief/adapters/slack"
)

func manifestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print what a platform needs to know to install Debrief",
		Args:  knownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var mode, base string
	var with []string
	inSlack := &cobra.Command{
		Use:   "slack --mode http|socket",
		Short: "Print the manifest of a Slack app",
		Long: "Slack makes an app of this at https://api.slack.com/apps, under Create New App, From a manifest. With --mode http Slack\n" +
			"sends to this program, at the address that --url says; with --mode socket it needs none. Without --with, the app\n" +
			"cannot read what is said in channels, and takes answers by forms, buttons and mentions.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkMode(mode, base); err != nil {
				return err
			}
			b, err := slack.Manifest(base, with)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), string(b))
			return err
		},
	}
	inSlack.Flags().StringVar(&mode, "mode", "http", "how Slack sends: http, to an address of yours, or socket, over connections that Debrief opens")
	inSlack.Flags().StringVar(&base, "url", "", "where Slack reaches this program, with https; with --mode http")
	inSlack.Flags().StringSliceVar(&with, "with", nil, "what the app may do beside the least: "+strings.Join(slack.Extras(), ", "))
	cmd.AddCommand(inSlack)
	return cmd
}

// checkMode says what is wrong with how Slack is to send.
func checkMode(mode, base string) error {
	switch {
	case mode != "http" && mode != "socket":
		return fmt.Errorf("--mode is http or socket, not %q", mode)
	case mode == "http" && base == "":
		return errors.New("--url is missing: where Slack reaches Debrief, as in --url https://debrief.example.com; --mode socket needs none")
	case mode == "socket" && base != "":
		return errors.New("--mode socket needs no --url: Slack sends over connections that Debrief opens")
	}
	return nil
}
