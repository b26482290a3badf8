package mongo

import (
	"context"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
)

// recorder keeps the shape of every command that the stores of the tests send.
var recorder = &recording{}

type recording struct {
	mu       sync.Mutex
	commands []bson.Raw
}

func (r *recording) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.commands = append(r.commands, bson.Raw(append([]byte(nil), e.Command...)))
	}}
}
