package elb

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawNumbers generates secrets that differ.
func drawNumbers() func() []byte {
	n := 0
	return func() []byte {
		n++
		return []byte(fmt.Sprintf("secret %d", n))
	}
}

// Whatever clocks do: there is a key for encryption, no key is generated twice,
// tickets of a node can be decrypted for their lifetime, and no key is kept
// longer.
func TestRotateSessionKeys(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var keys []SessionKey
		draw := drawNumbers()
		now := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "start"), 0)
		sealed := make(map[int64]string) // secrets by period
		for range rapid.IntRange(1, 40).Draw(t, "looks") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(40*time.Hour)).Draw(t, "step")))
			keys, _ = RotateSessionKeys(keys, now, draw)
			if _, changed := RotateSessionKeys(keys, now, draw); changed {
				t.Fatalf("at %s the keys %v are rotated twice", now, keys)
			}
			seals := keys[SealingKey(keys, now)]
			if seals.Period != sessionPeriod(now) {
				t.Fatalf("in period %d sealed with the key of %d", sessionPeriod(now), seals.Period)
			}
			if was, ok := sealed[seals.Period]; ok && was != string(seals.Secret) {
				t.Fatalf("the key of period %d was replaced", seals.Period)
			}
			sealed[seals.Period] = string(seals.Secret)
			opens := make(map[string]bool)
			last := int64(-1)
			for _, k := range keys {
				opens[string(k.Secret)] = true
				if k.Period <= last {
					t.Fatal("the keys are not in order")
				}
				last = k.Period
			}
			for period, secret := range sealed {
				ends := time.Unix((period+1)*int64(SessionPeriod/time.Second), 0)
				switch age := now.Sub(ends); {
				case age < 7*24*time.Hour && !opens[secret]:
					t.Fatalf("a ticket %s old at least does not open", age)
				case age >= 7*24*time.Hour && opens[secret]:
					t.Fatalf("a ticket %s old opens", age)
				}
			}
		}
	})
}

// Nodes whose clocks differ by less than a period decrypt each other's tickets
// from the first one on.
func TestSessionKeysOfTheNextPeriodAreThere(t *testing.T) {
	now := time.Date(2026, 3, 27, 5, 0, 0, 0, time.UTC)
	keys, _ := RotateSessionKeys(nil, now, drawNumbers())
	ahead := NextSessionPeriod(now)
	if got, want := keys[SealingKey(keys, ahead)].Period, sessionPeriod(ahead); got != want {
		t.Errorf("sealed with the key of period %d, want %d", got, want)
	}
	if want := time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC); !ahead.Equal(want) {
		t.Errorf("the next period begins at %s, want %s", ahead, want)
	}
}

func TestSealingKeyWithoutRotation(t *testing.T) {
	keys := []SessionKey{{Period: 7}, {Period: 8}, {Period: 9}}
	for period, want := range map[int64]int{0: 0, 6: 0, 7: 0, 8: 1, 9: 2, 10: 2, 100: 2} {
		if got := SealingKey(keys, time.Unix(period*int64(SessionPeriod/time.Second), 0)); got != want {
			t.Errorf("in period %d: got %d, want %d", period, got, want)
		}
	}
}

func TestSessionKeysStayOutOfLogs(t *testing.T) {
	var out strings.Builder
	keys := []SessionKey{{Period: 7, Secret: []byte("swordfish")}}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("keys", "key", keys[0])
	}
	fmt.Fprintf(&out, "%v %+v %s", keys, keys[0], keys)
	if s := out.String(); strings.Contains(s, "swordfish") || strings.Contains(s, "115 119") || strings.Count(s, "[redacted]") != 5 {
		t.Errorf("got %s", s)
	}
}
