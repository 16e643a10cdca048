package temporal

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// TestCalm: what a user asked for is no error in the log; what failed is.
func TestCalm(t *testing.T) {
	t.Parallel()
	for err, level := range map[error]string{
		temporal.NewCanceledError():    "",
		activity.ErrActivityPaused:     "",
		activity.ErrActivityReset:      "",
		errors.New("the disk is full"): "ERROR",
	} {
		var out bytes.Buffer
		log := slog.New(calm{slog.NewTextHandler(&out, nil)}).With("Namespace", "default")
		log.Error("Activity error.", "Attempt", 1, "Error", err)
		if level == "" {
			require.Empty(t, out.String(), "%v", err)
		} else {
			require.Contains(t, out.String(), "level="+level)
			require.Contains(t, out.String(), err.Error())
		}
	}
}
