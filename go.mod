module github.com/debrief-bot/debrief

go 1.26
