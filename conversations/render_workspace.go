package conversations

import "strings"

func (w *WorkspaceState) render(p *page) { settingsWords(p, w.Settings) }

func settingsWords(p *page, s Settings) {
	p.words("Pins: ").inert(strings.Join(s.pins(), " ")).words("\nIdeas for a change: ").inert(strings.Join(s.ideas(), " "))
	p.words("\nZone: ").inert(s.Location(p.zone).String())
	p.words("\nAn admin changes them: `settings pins 📌 📍`, `settings ideas 🎯`, `settings zone Europe/Berlin`.")
}
