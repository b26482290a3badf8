package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/debrief-bot/debrief/adapters/slack"
)

func manifestCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "manifest",
		Short: "Print what a platform needs to know to install Debrief",
		Args:  cobra.NoArgs,
	}
	var base string
	var with []string
	inSlack := &cobra.Command{
		Use:   "slack --url https://debrief.example.com",
		Short: "Print the manifest of a Slack app",
		Long: "Slack makes an app of this at https://api.slack.com/apps, under Create New App, From a manifest. The address is where\n" +
			"Slack reaches this program. Without --with, the app cannot read what is said in channels, and takes answers by\n" +
			"forms, buttons and mentions.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := slack.Manifest(base, with)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), string(b))
			return err
		},
	}
	inSlack.Flags().StringVar(&base, "url", "", "where Slack reaches this program, with https")
	inSlack.Flags().StringSliceVar(&with, "with", nil, "what the app may do beside the least: "+strings.Join(slack.Extras(), ", "))
	if err := inSlack.MarkFlagRequired("url"); err != nil {
		panic(err) // the flag is two lines above
	}
	cmd.AddCommand(inSlack)
	return cmd
}
