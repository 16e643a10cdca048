package memory

import "context"

// Live is what sessions say at this moment: text that a model streams while it
// knows a memory repeats it, and is kept for those who come a little later.
type Live interface {
	// Forget drops what is kept of a session; viewers take what is stored.
	Forget(ctx context.Context, sessionID string) error
}

// Forget removes a memory, in everything that is stored and streamed.
func (s *Service) Forget(ctx context.Context, userID, id, reason string) error {
	if err := s.Store.Forget(ctx, userID, id, reason); err != nil {
		return err
	}
	s.dropLive(ctx, userID)
	return nil
}

// ForgetAll removes all of a user's memories.
func (s *Service) ForgetAll(ctx context.Context, userID string) (int, error) {
	n, err := s.Store.ForgetAll(ctx, userID)
	if err == nil && n > 0 {
		s.dropLive(ctx, userID)
	}
	return n, err
}

// dropLive drops the streams of the user's sessions that are not yet over by
// themselves. The memory is forgotten whatever becomes of it: a stream that
// cannot be reached now ends within a day.
func (s *Service) dropLive(ctx context.Context, userID string) {
	if s.Live == nil {
		return
	}
	ctx = context.WithoutCancel(ctx) // who hung up wants it forgotten all the same
	sessions, err := s.Streaming(ctx, userID)
	for _, id := range sessions {
		if err == nil {
			err = s.Live.Forget(ctx, id)
		}
	}
	if err != nil {
		s.Log.WarnContext(ctx, "text that was streamed live is kept for up to a day", "error", err)
	}
}
