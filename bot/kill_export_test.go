package bot

// RingAll wakes everybody. The beat does it once a second; a test that has wound the store's clock does not wait for it.
func (b *Bot) RingAll() { b.ringAll() }
