package h2

import (
	"os"
	"testing"

	"elbow/internal/leak"
)

func TestMain(m *testing.M) { os.Exit(leak.Main(m.Run)) }
