package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/debrief-bot/debrief/conversations"
	"github.com/debrief-bot/debrief/storage"
)

func commanded(n, who, text string) conversations.Event {
	return conversations.Event{
		Key: workspace + "/cmd/" + n, Kind: conversations.Commanded, At: noon, Who: who, Text: text,
		Where: conversations.Place{Workspace: workspace, Channel: "C1"},
	}
}

func (w *world) admins(ids ...string) {
	w.chat.user = func(_ context.Context, id string) (conversations.Person, error) {
		return conversations.Person{ID: id, Name: strings.ToLower(id), Active: true, Admin: slices.Contains(ids, id)}, nil
	}
}

// audited are the entries that are filed.
func (w *world) audited() []conversations.AuditEntry {
	w.t.Helper()
	rows, err := w.store.KeptUnder(w.t.Context(), workspace+"/audit/", "", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []conversations.AuditEntry
	for _, row := range rows {
		var e conversations.AuditEntry
		if err := json.Unmarshal(row.Body, &e); err != nil {
			w.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// However often an act comes in and whatever dies on the way, it leaves one entry; a line of it may be printed again,
// with the same id. Nothing that somebody wrote is in either.
func TestAuditSaysOnceWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	w.admins("ANA")
	w.store.settle = once(errors.New("killed"))
	e := commanded("1", "ANA", "settings zone Europe/Berlin")
	w.handle(e)
	w.handle(e)
	if err := w.bot.Drain(t.Context()); err == nil {
		t.Fatal("nothing went wrong")
	}
	w.restart()
	w.clock.wind(2 * storage.EffectTTL)
	w.drain()
	all := w.audited()
	if len(all) != 1 || all[0].What != "settings zone" || all[0].Who != "ANA" || !all[0].At.Equal(noon) ||
		all[0].Where.Channel != "C1" || all[0].Subject != conversations.SettingsID(workspace) {
		t.Fatalf("filed %+v", all)
	}
	if bytes.Contains(w.audit.Bytes(), []byte("Berlin")) {
		t.Errorf("it tells the value: %s", w.audit)
	}
	for line := range strings.Lines(w.audit.String()) {
		var printed conversations.AuditEntry
		if err := json.Unmarshal([]byte(line), &printed); err != nil || printed.ID != all[0].ID {
			t.Errorf("printed %q: %v", line, err)
		}
	}
	if n := strings.Count(w.audit.String(), "\n"); n != 2 {
		t.Errorf("printed %d lines, want one for each time it was carried out", n)
	}
}

// What is remembered of somebody is not asked when it comes to what they may do.
func TestWhoMayWhatIsAskedEveryTime(t *testing.T) {
	w := newWorld(t)
	w.admins("ANA")
	w.handle(commanded("1", "ANA", "settings zone Europe/Berlin"))
	w.drain()
	w.admins()
	w.handle(commanded("2", "ANA", "settings zone Europe/Paris"))
	w.drain()
	w.chat.user = func(context.Context, string) (conversations.Person, error) {
		return conversations.Person{}, errors.New("connection reset")
	}
	w.handle(commanded("3", "ANA", "settings zone Europe/Rome"))
	w.drain()
	texts := w.chat.texts()
	if len(texts) != 3 || !strings.Contains(texts[0], "`zone` is now Europe/Berlin") || !strings.HasPrefix(texts[1], "Only an admin") ||
		!strings.HasPrefix(texts[2], "I cannot find out just now") {
		t.Errorf("said %q", texts)
	}
	if all := w.audited(); len(all) != 1 {
		t.Errorf("%d acts are in the audit, want 1", len(all))
	}
}
