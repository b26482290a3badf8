package conversations

import "time"

type Review struct {
	Title string `json:"title,omitempty"`
}
type TimelineEvent struct {
	Text string `json:"text,omitempty"`
}
type ActionItem struct {
	Text string `json:"text,omitempty"`
}
type Nudge struct {
	Rule string `json:"rule,omitempty"`
}
type PersonState struct {
	Zone string `json:"zone,omitempty"`
}
type WorkspaceState struct {
	Zone string `json:"zone,omitempty"`
}

func (*Review) Kind() Kind                                    { return KindReview }
func (*TimelineEvent) Kind() Kind                             { return KindEvent }
func (*ActionItem) Kind() Kind                                { return KindItem }
func (*Nudge) Kind() Kind                                     { return KindNudge }
func (*PersonState) Kind() Kind                               { return KindPerson }
func (*WorkspaceState) Kind() Kind                            { return KindWorkspace }
func (*Review) index(string) ([]string, time.Time, time.Time) { return nil, time.Time{}, time.Time{} }
func (*TimelineEvent) index(string) ([]string, time.Time, time.Time) {
	return nil, time.Time{}, time.Time{}
}
func (*ActionItem) index(string) ([]string, time.Time, time.Time) {
	return nil, time.Time{}, time.Time{}
}
func (*Nudge) index(string) ([]string, time.Time, time.Time) { return nil, time.Time{}, time.Time{} }
func (*PersonState) index(string) ([]string, time.Time, time.Time) {
	return nil, time.Time{}, time.Time{}
}
func (*WorkspaceState) index(string) ([]string, time.Time, time.Time) {
	return nil, time.Time{}, time.Time{}
}
