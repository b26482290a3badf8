package bot

import (
	"errors"
	"fmt"
	"path"
	"runtime"
	"strings"
)

// panicked is a panic of the rules, turned into an error. It says where, and never what about: the value may carry what
// people wrote.
type panicked struct {
	where string
	what  string
}

func (p *panicked) Error() string { return "panic in " + p.where + ": " + p.what }

// guard calls f and turns a panic into an error.
func (b *Bot) guard(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{where: panicSite(), what: panicWords(v)}
			b.metrics.panics.Inc()
		}
	}()
	return f()
}

func isPanic(err error) bool {
	var p *panicked
	return errors.As(err, &p)
}

// panicSite is the function and line that panicked. It is called by the deferred function that recovers.
func panicSite() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") {
			return fmt.Sprintf("%s (%s:%d)", path.Base(f.Function), path.Base(f.File), f.Line)
		}
		if !more {
			return "an unknown place"
		}
	}
}

// panicWords are the runtime's own words, which name indexes and types; of any other value only the type.
func panicWords(v any) string {
	if err, ok := v.(runtime.Error); ok {
		return err.Error()
	}
	return fmt.Sprintf("a %T", v)
}
