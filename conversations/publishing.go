package conversations

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/debrief-bot/debrief/conversations/postmortem"
)

// PublishedVersion is a published version of the report.
type PublishedVersion struct {
	N   int       `json:"n"`
	Key string    `json:"key"` // of the kept row
	At  time.Time `json:"at"`
	By  string    `json:"by"`
}

// Approval is one participant's consent to the draft as it was.
type Approval struct {
	Who   string    `json:"who"`
	At    time.Time `json:"at"`
	Draft string    `json:"draft"` // fingerprint of what was read
}

// approvalUpTo is the mildest severity whose report somebody else must have read before it is published.
const approvalUpTo = 2

// wantsApproval reports whether the report must be approved before it is published.
func (r *Review) wantsApproval() bool { return r.Severity > 0 && r.Severity <= approvalUpTo }

// approved are those whose approval is about the draft as it is.
func (r *Review) approved(f Facts) []Approval {
	draft := r.fingerprint(f)
	return slices.DeleteFunc(slices.Clone(r.Approved), func(a Approval) bool { return a.Draft != draft })
}

// fingerprint tells two drafts apart by everything that was said and filled in in the review, and by what was pinned.
func (r *Review) fingerprint(f Facts) string {
	h := sha256.New()
	parts := append([]string{r.Title, r.Summary, r.Trigger, strconv.Itoa(r.Severity)}, fingerprints(r.answers())...)
	for _, s := range r.timelineOf(f) {
		shown := s.State.(*TimelineEvent).Shown()
		parts = append(parts, s.ID, shown.Time.UTC().Format(time.RFC3339Nano), shown.Text)
	}
	for _, t := range r.ideas(f) {
		parts = append(parts, t.Shown().Text)
	}
	for _, l := range r.Lines {
		if !l.Gone {
			parts = append(parts, l.Text, l.Owner, l.Due.String())
		}
	}
	for _, c := range r.Closed {
		parts = append(parts, strconv.FormatBool(c.Skipped), c.Why)
	}
	for _, part := range parts {
		h.Write([]byte(part + "\x00"))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// approvable reports whether there is a draft to be read: of the first version, or of the next one.
func (r *Review) approvable() bool {
	return r.Stage == StageDraft || r.changed()
}

// changed reports whether the review is published and says something else by now.
func (r *Review) changed() bool { return r.Stage == StagePublished && r.Changes > 0 }

// approve is somebody else's consent to the draft.
func (r *Review) approve(o *out, e Event, f Facts) {
	switch {
	case !r.approvable():
		o.reply("where")
	case e.Who == r.Facilitator:
		o.say("An approval has to come from somebody else who took part.")
	case !r.takesPart(e.Who, f):
		o.say("Whoever took part can approve. You can still answer: begin with the number of the question, `4: …`.")
	default:
		r.Approved = slices.DeleteFunc(r.Approved, func(a Approval) bool { return a.Who == e.Who })
		r.Approved = append(r.Approved, Approval{Who: e.Who, At: e.At, Draft: r.fingerprint(f)})
		o.audit("approve", r.name())
		o.reply("approved")
	}
}

// publish freezes the next version, if this person may and nothing stands in the way. how says what is known about that:
// "anyway", "roles", "names", or several of them.
func (r *Review) publish(o *out, e Event, f Facts, how string) {
	says := func(word string) bool { return slices.Contains(strings.Fields(how), word) }
	roles := says("roles") || (r.Roles && !says("names"))
	switch {
	case r.Parked != nil || r.Stage == StageCancelled:
		o.reply("where")
	case r.Stage == StagePublishing:
		o.say("It is being published.")
	case !r.leads(e.Who, f):
		o.reply("not yours", "publish it")
	case r.Stage == StageOpen && !says("anyway") && len(r.openQuestions()) > 0:
		o.reply("unfinished", how)
	case r.wantsApproval() && len(r.approved(f)) == 0:
		o.reply("unapproved")
	case r.Stage == StagePublished && r.Changes == 0 && roles == r.Roles:
		o.say("Nothing has changed since version " + strconv.Itoa(len(r.Published)) + ".")
	default:
		r.Stage = StagePublishing
		r.setFocus(Focus{From: e.At}) // what is said from now on comes after the report
		r.Roles = roles
		o.add(Effect{
			Kind: Keep, To: "archive", View: "report", Key: r.versionKey(len(r.Published) + 1), At: f.Now, Person: e.Who,
		})
	}
}

// askToPublish passes on the wish of somebody who may not publish. The facilitator hears it in the weekly message.
func (r *Review) askToPublish(o *out, e Event, f Facts) {
	if len(r.Published) > 0 && r.Changes == 0 {
		o.reply("where")
		return
	}
	o.weekly(r.Facilitator, f, "weekly note", o.subject, Field{"text", f.Person(e.Who).Name + " would like to see it published."})
	o.reply("asked to publish")
}

func (r *Review) versionKey(n int) string {
	return r.Home.Workspace + "/report/" + number("PM", r.Number) + "/v" + strconv.Itoa(n)
}

// waitsForFiling reports whether an event would change what is said while a version is being filed: the version is what
// was approved, and what comes a moment later is a change since.
func (r *Review) waitsForFiling(e Event) bool {
	switch e.Kind {
	case Said, Commanded, Edited, Deleted, Reacted, Submitted, Fetched:
		return true
	case Clicked:
		return e.Verb != "publish"
	}
	return false
}

// filed posts what was frozen: from the kept row, not from what is stored now.
func (r *Review) filed(o *out, e Event) {
	n := len(r.Published) + 1
	if e.Value != r.versionKey(n) {
		return
	}
	r.Published = append(r.Published, PublishedVersion{N: n, Key: e.Value, At: e.At, By: e.Who})
	r.Stage, r.Changes = StagePublished, 0
	o.audit("publish", r.name(), e.Value)
	r.CheckAt = e.At.Add(checkEvery)
	o.add(Effect{Kind: Post, To: "thread", Slot: "report", Place: r.Thread, View: "published report", Args: []string{e.Value}})
	o.add(Effect{Kind: Post, To: "published", Slot: "published", Place: r.Home, View: "published", Args: []string{e.Value}})
}

// checked sets the next of the daily looks at the timeline, which compare it with the published report, told or not.
func (r *Review) checked(f Facts) {
	r.CheckAt = r.CheckAt.Add(checkEvery)
	if !r.CheckAt.After(f.Now) {
		r.CheckAt = f.Now.Add(checkEvery)
	}
	if n := len(r.Published); n == 0 || r.CheckAt.After(r.Published[n-1].At.Add(checkLife)) {
		r.CheckAt = time.Time{}
	}
}

// showDraft keeps the draft's message in the thread up to date, from when the last question is closed. A tiny review has
// the same buttons on its card, and no such message.
func (r *Review) showDraft(o *out) {
	if r.DraftOut {
		o.add(Effect{Kind: Post, To: "thread", Slot: "draft", Place: r.Thread, View: "draft"})
	}
}

// signed is the record as it is published: with the names of people, or with their roles.
func (r *Review) signed(rec postmortem.Record) postmortem.Record {
	if r.Roles {
		return rec.WithRoles()
	}
	return rec
}
