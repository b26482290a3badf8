package conversations

import "strings"

func (w *WorkspaceState) renderNeeds(ef Effect) Needs {
	if ef.View == "setting" && ef.Args[0] == "crew" {
		return Needs{People: w.Settings.crewPeople()}
	}
	return Needs{}
}

func (w *WorkspaceState) render(p *page, id string, ef Effect) {
	s := SettingsOf(Subject{ID: id, State: w})
	switch ef.View {
	case "preset":
		if s.Preset != "" {
			p.words("This is a " + s.Preset + ". `/postmortem settings` shows what that means, and changes it.")
			return
		}
		p.words("Is this a company or a community? I work a little differently; each thing can be set by itself later.\n" +
			"• **Company**: everybody takes part. An action item needs an owner and a date, and owners hear once a week what is late.\n" +
			"• **Community**: only your crew pins and answers. Owner and date are welcome, evenings and weekends are fine, and lateness never has a name.\n" +
			"Until somebody chooses, it is a " + s.preset() + ".")
		p.row(
			Control{Label: "Company", Verb: "preset", Subject: id, Value: PresetCompany},
			Control{Label: "Community", Verb: "preset", Subject: id, Value: PresetCommunity},
		)
	case "not joined":
		p.words("I could not join the channels that `settings join` names: ").inert(ef.Args[0]).words(". Until that is changed I have to be invited.")
	case "setting":
		settingChanged(p, s, ef.Args[0])
	}
}

// settingChanged says what a setting is now, and what that means where it is not plain.
func settingChanged(p *page, s Settings, name string) {
	st, ok := settingNamed(name)
	if !ok {
		return
	}
	p.words("`" + st.name + "` is now ")
	settingValue(p, s, st)
	p.words(".")
	switch {
	case name == "preset" && s.Community() && len(s.Crew) == 0:
		p.words(" Next, say who your crew is: `settings crew @ana @kim`, or a role. Until then everybody pins and answers.")
	case name == "preset":
		p.words(" What you had set by hand stays as it is. `settings` shows everything.")
	case name == "crew" && !s.Community():
		p.words(" It counts only in a community; this is a company, where everybody takes part.")
	case name == "crew" && s.limited():
		p.words(" Pins and replies of everybody else are passed over from now on, and nothing of them is kept.")
	case name == "join" && len(s.Join) > 0:
		p.words(" I join what is there, and what is made or renamed from now on, and read back seven days of pins.")
	case name == "marks" && len(s.Marks) > 0:
		p.words(" They count on pinned messages only, and only propose.")
	}
}

// settingsWords shows every setting.
func settingsWords(p *page, s Settings) {
	p.words("**Settings**")
	if s.Preset == "" {
		p.words(". Nobody has chosen a preset yet, so this is a " + s.preset() + ".")
	}
	for _, st := range settingsTable {
		p.words("\n• `" + st.name + "` ")
		settingValue(p, s, st)
		if st.name == "crew" && s.Community() && len(s.Crew) == 0 {
			p.words(" – until you name a crew")
		}
	}
	p.words("\nAn admin changes them: `settings pins 📌 📍`, `settings pins default`. `help settings` explains each.")
}

// settingValue shows what counts, as it is typed.
func settingValue(p *page, s Settings, st setting) {
	value := st.value(s)
	if value == "" {
		value = s.Location(p.facts.Zone).String()
	}
	for i, word := range strings.Fields(value) {
		if i > 0 {
			p.words(" ")
		}
		if channel, ok := strings.CutPrefix(word, "<#"); ok {
			p.channel(strings.TrimSuffix(channel, ">"))
			continue
		}
		p.quote(word)
	}
}

// settingsMenu opens a form for each setting.
func settingsMenu(p *page, workspace string) {
	menu := Control{Label: "Change", Verb: "setting form", Subject: workspaceID(workspace)}
	for _, st := range settingsTable {
		menu.Options = append(menu.Options, Option{Label: st.name, Value: st.name})
	}
	p.row(menu)
}

// settingForm is one setting in a form, with what counts now.
func settingForm(s Settings, workspace, name string) Answer {
	st, ok := settingNamed(name)
	if !ok {
		return private(noSuchSetting(name))
	}
	in := Input{Name: "value", Label: st.name, Hint: st.args + "; empty: the default", Value: st.value(s), Optional: true}
	in.Pick = settingPicks[st.name]
	in.Many = in.Pick != ""
	return Answer{Form: &Form{
		Title: "Settings: " + st.name, Verb: "setting", Subject: workspaceID(workspace), Value: st.name, Submit: "Save", Inputs: []Input{in},
	}}
}

// settingPicks are the settings that name people or channels.
var settingPicks = map[string]Pick{"crew": PickPerson, "channels": PickChannel}

// settingsHelp explains every setting.
func settingsHelp(p *page) {
	for _, st := range settingsTable {
		p.words("\n• `settings " + st.name + " " + st.args + "` – " + st.help)
	}
}
