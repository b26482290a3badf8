package conversations

import "strconv"

// The addresses under which subjects are found. All begin with the workspace.

// EventID is the subject that a pin of this message is about: it needs no look-up.
func EventID(m MessageRef) string {
	return subjectID(m.Workspace, KindEvent, m.Channel+"/"+m.ID)
}

func workspaceID(workspace string) string { return subjectID(workspace, KindWorkspace, "settings") }

func personID(workspace, person string) string { return subjectID(workspace, KindPerson, person) }

// zonesOf is shared by the people of a workspace who have set a zone of their own.
func zonesOf(workspace string) string { return workspace + "/zones" }

// numberAddress is where `PM-4`, `A-17` or `E-3` is found.
func numberAddress(workspace, series string, n int) string {
	return workspace + "/" + series + "-" + strconv.Itoa(n)
}

// eventsIn is shared by the timeline events of a channel; At is the time of the event.
func eventsIn(p Place) string { return p.Workspace + "/events/" + p.Channel }

// EventsOf is shared by all timeline events of a workspace.
func EventsOf(workspace string) string { return workspace + "/events" }

// reviewsIn is shared by the reviews that are open in a channel: they take marks there.
func reviewsIn(p Place) string { return p.Workspace + "/open/" + p.Channel }

// fedBy is shared by the reviews whose timeline comes from a channel.
func fedBy(p Place) string { return p.Workspace + "/fed/" + p.Channel }

// burningIn is shared by the reviews of a channel that wait for the incident to be over.
func burningIn(p Place) string { return p.Workspace + "/burning/" + p.Channel }

// openReviews is shared by the open reviews of a workspace, changedReviews by the published ones whose report is not what
// they say any more, reviewsOf by all that have a number.
func openReviews(workspace string) string    { return workspace + "/open" }
func changedReviews(workspace string) string { return workspace + "/changed" }
func reviewsOf(workspace string) string      { return workspace + "/reviews" }

// itemsOf is shared by the action items of a review, itemsOwned by those of an owner, openItems by all that are open.
func itemsOf(review string) string               { return review + "/items" }
func itemsOwned(workspace, person string) string { return workspace + "/owner/" + person }
func openItems(workspace string) string          { return workspace + "/items" }
func number(series string, n int) string         { return series + "-" + strconv.Itoa(n) }
