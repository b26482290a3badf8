package bot

import (
	"context"
	"io"
	"sync"
)

// witness is where entries of the audit go beside the store: a line of JSON each, for whoever collects what programs
// print. Whoever can change the database cannot change what was printed.
type witness struct {
	mu sync.Mutex
	w  io.Writer
}

// fileAudit files an entry of the audit. It is filed under its own key, so doing it again changes nothing; its line may
// be printed again then, with the same id.
func (d *delivery) fileAudit(ctx context.Context) error {
	body, err := d.file(ctx, d.effect.At)
	if err != nil {
		return d.again(ctx, err)
	}
	if err := d.audit.print(body); err != nil {
		d.logger().Error("an entry of the audit was filed but could not be printed", "err", err)
	}
	return d.done(ctx, nil, "kept")
}

func (w *witness) print(entry []byte) error {
	if w.w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.w.Write(append(entry, '\n'))
	return err
}
