package conversations

func (i *ActionItem) render(p *page, ef Effect) {
	name := "**" + number("A", i.Number) + "** "
	switch ef.View {
	case "not your item":
		p.words(name).quote(i.Text).words(" is for ").someone(i.Owner).words(" to close, or for ").someone(i.Facilitator).words(", who leads the review.")
	case "item":
		p.words(name).quote(i.Text).words(" is " + string(i.State))
		if i.Reason != "" {
			p.words(": ").quote(i.Reason)
		}
		p.words(".")
	}
}
