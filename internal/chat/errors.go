package chat

import (
	"errors"
	"fmt"
)

var (
	// ErrRunning: the chat's turn has not ended. A *RunningError says which.
	ErrRunning = errors.New("a turn is running in this chat")
	// ErrBusy: the user has as many running turns as allowed.
	ErrBusy = errors.New("too many turns are running")
	// ErrOff: there is no provider key, neither the user's nor the server's.
	ErrOff = errors.New("no provider key is configured")
	// ErrFull: the chat has MaxTurns turns.
	ErrFull = errors.New("the chat has as many turns as a chat may have")
	// ErrTooLarge: a turn, a transcript or a piece of an answer is larger than a database
	// takes. Trying again is no use.
	ErrTooLarge = errors.New("larger than a database takes")
	// ErrKnown: the message is in the chat already.
	ErrKnown = errors.New("the message is in the chat already")
	// ErrAnswered and ErrExpired: the question takes no answer any more.
	ErrAnswered = errors.New("the question has been answered")
	ErrExpired  = errors.New("the question has expired")
	// ErrClosed: the service is shutting down.
	ErrClosed = errors.New("the server is shutting down")
	// ErrStopped: the workspace has been stopped.
	ErrStopped = errors.New("the workspace was stopped")
	// ErrManyChats: the workspace has MaxChats chats.
	ErrManyChats = errors.New("the workspace has as many chats as a workspace may have")
	// ErrOwnKeys: users may not store keys of their own here.
	ErrOwnKeys = errors.New("own keys are not allowed here")
)

// RunningError is ErrRunning with the running turn.
type RunningError struct{ TurnID string }

func (e *RunningError) Error() string { return ErrRunning.Error() + ": " + e.TurnID }

// Is makes errors.Is(err, ErrRunning) true.
func (e *RunningError) Is(target error) bool { return target == ErrRunning }

// InvalidError says which field of a request is wrong and what is allowed.
type InvalidError struct {
	Field   string
	Message string
}

func (e *InvalidError) Error() string { return fmt.Sprintf("%s %s", e.Field, e.Message) }
