package session

import (
	"context"
	"regexp"
	"strings"
	"unicode/utf8"

	"crystalyse/internal/fault"
)

// Why a session ended.
const (
	EndedByUser = "user"
	EndedIdle   = "idle" // nothing happened in it for as long as the operator allows
)

// MaxTitle is the longest title in characters.
const MaxTitle = 200

var aliasPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// Keeper changes sessions, each for its owner only: another user's is
// fault.CodeNotFound.
type Keeper interface {
	// Create opens a session. A known alias gives the session that has it, with
	// created = false.
	Create(ctx context.Context, userID, alias, title string) (s Session, created bool, err error)
	Rename(ctx context.Context, userID, id, title string) (Session, error)
	// End closes a session to new questions. Ending it twice is ending it once;
	// fault.CodeConflict while a discovery of it is open.
	End(ctx context.Context, userID, id string) (Session, error)
	// Search gives the sessions with the text in their title or in a question,
	// newest first.
	Search(ctx context.Context, userID, text, before string, limit int) ([]Session, error)
}

// CheckTitle gives the title in one line, or says what is wrong with it.
func CheckTitle(title string) (string, error) {
	title = strings.Join(strings.Fields(title), " ")
	switch {
	case title == "":
		return "", fault.Invalid("title", "is empty")
	case !utf8.ValidString(title) || strings.ContainsRune(title, 0):
		return "", fault.Invalid("title", "is not valid UTF-8 text")
	case utf8.RuneCountInString(title) > MaxTitle:
		return "", fault.Invalid("title", "is longer than %d characters", MaxTitle)
	}
	return title, nil
}

// CheckAlias refuses what can not be an alias. A ULID can not: it is an id.
func CheckAlias(alias string, isID func(string) bool) error {
	if !aliasPattern.MatchString(alias) {
		return fault.Invalid("alias", "must be 1 to 64 of the characters A-Z a-z 0-9 _ -")
	}
	if isID(alias) {
		return fault.Invalid("alias", "looks like the id of a session").WithHint("choose another name")
	}
	return nil
}
