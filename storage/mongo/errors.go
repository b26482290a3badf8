package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"

	"github.com/debrief-bot/debrief/storage"
)

const (
	codeNamespaceNotFound = 26
	codeCommandNotFound   = 59
)

// passing are the codes of errors that go away by themselves; for all of them whether a write happened is not known.
// The list is MongoDB's error_codes.yml, categories NetworkError, NotPrimaryError, ShutdownError, WriteConcernError,
// ExceededTimeLimitError and the conflicts among writers.
var passing = []int{
	6,     // HostUnreachable
	7,     // HostNotFound
	24,    // LockTimeout
	43,    // CursorNotFound: the server was restarted between two pages
	46,    // LockBusy
	50,    // MaxTimeMSExpired
	64,    // WriteConcernTimeout
	89,    // NetworkTimeout
	91,    // ShutdownInProgress
	100,   // UnsatisfiableWriteConcern: too few members are up
	112,   // WriteConflict
	134,   // ReadConcernMajorityNotAvailableYet
	189,   // PrimarySteppedDown
	237,   // CursorKilled
	262,   // ExceededTimeLimit
	10058, // LegacyNotPrimary
	10107, // NotWritablePrimary
	11600, // InterruptedAtShutdown
	11601, // Interrupted
	11602, // InterruptedDueToReplStateChange
	13435, // NotPrimaryNoSecondaryOk
	13436, // NotPrimaryOrSecondary
	16500, // TooManyRequests of services that ration
	9001,  // SocketException
}

// unavailable reports whether an error of the driver says nothing about whether the write happened.
func unavailable(err error) bool {
	if errors.Is(err, mongo.ErrClientDisconnected) || errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded) || mongo.IsTimeout(err) || mongo.IsNetworkError(err) || concernFailed(err) {
		return true
	}
	var selection topology.ServerSelectionError
	var connection topology.ConnectionError
	if errors.As(err, &selection) || errors.As(err, &connection) {
		return true
	}
	var answered mongo.ServerError
	if !errors.As(err, &answered) {
		return false
	}
	return slices.ContainsFunc(passing, answered.HasErrorCode) ||
		answered.HasErrorLabel("RetryableWriteError") || answered.HasErrorLabel("TransientTransactionError") ||
		strings.Contains(err.Error(), "deadlock detected") // of servers that stand on PostgreSQL
}

// concernFailed reports whether a write was carried out but not acknowledged as durable.
func concernFailed(err error) bool {
	var one mongo.WriteException
	var many mongo.BulkWriteException
	return errors.As(err, &one) && one.WriteConcernError != nil ||
		errors.As(err, &many) && many.WriteConcernError != nil
}

// duplicate reports whether an insert failed because all that failed of it is there already, and durable.
func duplicate(err error) bool {
	if err == nil || concernFailed(err) {
		return false
	}
	var many mongo.BulkWriteException
	if errors.As(err, &many) {
		return len(many.WriteErrors) > 0 && !slices.ContainsFunc(many.WriteErrors, func(e mongo.BulkWriteError) bool {
			return !e.HasErrorCode(11000)
		})
	}
	return mongo.IsDuplicateKeyError(err)
}

// failed turns an error of the driver into one of the port. The text of a server's error may quote documents, so only
// what it is about is kept of it when it was an answer.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	switch {
	case errors.Is(err, storage.ErrNotFound), errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrUnavailable):
		return fmt.Errorf("mongo: %s: %w", doing, err)
	case errors.Is(err, mongo.ErrNoDocuments):
		return fmt.Errorf("mongo: %s: %w", doing, storage.ErrNotFound)
	case ctx.Err() != nil:
		return fmt.Errorf("mongo: %s: %w: %w", doing, storage.ErrUnavailable, ctx.Err())
	case s.closed.Load():
		return fmt.Errorf("mongo: %s: closed: %w", doing, storage.ErrUnavailable)
	case unavailable(err):
		return fmt.Errorf("mongo: %s: %w: %s", doing, storage.ErrUnavailable, brief(err))
	}
	return fmt.Errorf("mongo: %s: %s", doing, brief(err))
}

// brief is an error without the documents and keys that a server quotes in its message.
func brief(err error) string {
	var command mongo.CommandError
	if errors.As(err, &command) && command.Code != 0 {
		return fmt.Sprintf("%s (%d)", command.Name, command.Code)
	}
	var one mongo.WriteException
	if errors.As(err, &one) {
		return "write refused" + codes(one.ErrorCodes())
	}
	var many mongo.BulkWriteException
	if errors.As(err, &many) {
		return "write refused" + codes(many.ErrorCodes())
	}
	return err.Error()
}

func codes(codes []int) string {
	if len(codes) == 0 {
		return ""
	}
	return fmt.Sprintf(" %d", slices.Compact(slices.Sorted(slices.Values(codes))))
}
