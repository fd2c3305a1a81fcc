package history

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"elbow/internal/metrics"
)

var (
	testDay   = time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	testFirst = testDay.Unix() / 60
)

// busy is a sample with a value in every field.
func busy(minute int64, port int) Sample {
	s := Sample{Minute: minute, Port: port}
	for n, field := range s.fields() {
		*field = uint64(n + 1)
	}
	var buckets [metrics.Buckets]uint64
	buckets[0], buckets[4], buckets[metrics.Buckets-1] = 3, 300, 1
	s.Times = metrics.TimesOf(buckets, 200*time.Second)
	return s
}

func segmentOf(samples ...Sample) []byte {
	segment := []byte(segmentHead)
	for i := range samples {
		segment = appendRecord(segment, &samples[i])
	}
	return segment
}

func scanned(segment []byte) (all []Sample, whole int, err error) {
	whole, err = scan(segment, testDay, func(s *Sample) { all = append(all, *s) })
	return all, whole, err
}

func TestScan(t *testing.T) {
	one, idle := busy(testFirst+1, 443), Sample{Minute: testFirst + 1439, Port: 65535, Healthy: 2}
	good := segmentOf(one, idle)
	second := len(segmentOf(one))
	altered := func(at int) []byte {
		b := slices.Clone(good)
		b[at] ^= 0x10
		return b
	}
	payload := func(hexadecimal string) []byte { // a record with a valid checksum
		b, err := hex.DecodeString(hexadecimal)
		if err != nil {
			t.Fatal(err)
		}
		return appendFramed([]byte(segmentHead), b)
	}
	for _, tt := range []struct {
		name    string
		segment []byte
		want    []Sample
		err     error
	}{
		{"nothing at all", nil, nil, errTorn},
		{"the head alone", []byte(segmentHead), nil, nil},
		{"two records", good, []Sample{one, idle}, nil},
		{"another version", append([]byte("elbow history 2\n"), good[len(segmentHead):]...), nil, errDamaged},
		{"another file", []byte("#!/bin/sh\nexit 0\n"), nil, errDamaged},
		{"zeros alone", make([]byte, 100), nil, errTorn},
		{"zeros at the end", append(slices.Clone(good), make([]byte, 5000)...), []Sample{one, idle}, errTorn},
		{"zeros and then more", append(append(slices.Clone(good), 0, 0), good...), []Sample{one, idle}, errDamaged},
		{"a bit of the first payload", altered(len(segmentHead) + 10), nil, errDamaged},
		{"a bit of the first checksum", altered(len(segmentHead) + 1), nil, errDamaged},
		{"a bit of the last payload", altered(len(good) - 1), []Sample{one}, errTorn},
		{"a length beyond all", append(segmentOf(one), 0xff, 0x7f), []Sample{one}, errDamaged},
		{"a length without end", append(segmentOf(one), bytes.Repeat([]byte{0x80}, 11)...), []Sample{one}, errDamaged},
		{"minute 1440", payload("a00b00" + "00"), nil, errDamaged},
		{"port 131072", payload("00808008" + "00"), nil, errDamaged},
		{"no fields", payload("000000"), []Sample{{Minute: testFirst}}, nil},
		{"a field that there is not", payload("00008080" + "0201"), nil, errDamaged},
		{"a bucket that there is not", payload("0000808001" + "05" + "80808001" + "01"), nil, errDamaged},
		{"a field less", payload("000003" + "01"), nil, errDamaged},
		{"a field more", payload("000001" + "0101"), nil, errDamaged},
		{"a time below nothing", payload("0000808001" + "ffffffffffffffffff01" + "0101"), nil, errDamaged},
	} {
		got, whole, err := scanned(tt.segment)
		if !errors.Is(err, tt.err) || !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %+v and %v, want %+v and %v", tt.name, got, err, tt.want, tt.err)
		}
		if want := len(segmentOf(got...)); err != nil && whole != want && whole != 0 {
			t.Errorf("%s: %d bytes are whole, want %d", tt.name, whole, want)
		}
	}
	if second >= len(good) {
		t.Fatal("the second record takes nothing")
	}
}

// A segment cut off anywhere has every complete record, and the torn one is
// distinguished from damage.
func TestScanEveryPrefix(t *testing.T) {
	samples := []Sample{busy(testFirst, 80), busy(testFirst, 443), busy(testFirst+1, 80), busy(testFirst+1, 443)}
	good := segmentOf(samples...)
	ends := map[int]int{len(segmentHead): 0} // records, by where the last one ends
	for n := range samples {
		ends[len(segmentOf(samples[:n+1]...))] = n + 1
	}
	records := 0
	for n := range len(good) + 1 {
		count, ends := ends[n]
		if ends {
			records = count
		}
		got, whole, err := scanned(good[:n])
		if !slices.Equal(got, samples[:records]) {
			t.Fatalf("the first %d bytes: got %d records, want %d", n, len(got), records)
		}
		if ends != (err == nil) || !ends && !errors.Is(err, errTorn) {
			t.Errorf("the first %d bytes: got %v", n, err)
		}
		if want := len(segmentOf(samples[:records]...)); whole != want && n >= len(segmentHead) {
			t.Errorf("the first %d bytes: %d of them are whole, want %d", n, whole, want)
		}
	}
}

// A sample that is written is read back, and its record is within the bound.
func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64Max(1000), rapid.Uint64())
		want := Sample{Minute: testFirst + rapid.Int64Range(0, minutesPerDay-1).Draw(t, "minute"), Port: rapid.IntRange(0, 65535).Draw(t, "port")}
		for _, field := range want.fields() {
			*field = numbers.Draw(t, "field")
		}
		var buckets [metrics.Buckets]uint64
		for n := range buckets {
			buckets[n] = rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64()).Draw(t, "bucket")
		}
		want.Times = metrics.TimesOf(buckets, time.Duration(rapid.Int64Min(0).Draw(t, "sum")))
		got, _, err := scanned(segmentOf(want))
		if err != nil || len(got) != 1 || got[0] != want {
			t.Fatalf("got %+v and %v, want %+v", got, err, want)
		}
		if n := len(appendPayload(nil, &want)); n > maxPayload {
			t.Fatalf("%d bytes, at most %d", n, maxPayload)
		}
	})
}

// The largest record there can be is read, and no larger one is written.
func TestLargestRecord(t *testing.T) {
	want := Sample{Minute: testFirst + minutesPerDay - 1, Port: 65535}
	for _, field := range want.fields() {
		*field = math.MaxUint64
	}
	var buckets [metrics.Buckets]uint64
	for n := range buckets {
		buckets[n] = math.MaxUint64
	}
	want.Times = metrics.TimesOf(buckets, math.MaxInt64)
	if got, _, err := scanned(segmentOf(want)); err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("got %+v and %v, want %+v", got, err, want)
	}
}

// The format must stay compatible with the files of older versions.
func TestFormatStays(t *testing.T) {
	sample := busy(testFirst+754, 443)
	const want = "22a6c5461ef205bb03ffff010102030405060708090a0b0c0d0e80a0b787e90591804003ac0201"
	got := hex.EncodeToString(appendRecord(nil, &sample))
	if got != want {
		t.Errorf("the record is now\n%s, was\n%s: if that is meant, give segmentHead another version", got, want)
	}
	if metrics.Buckets != 21 {
		t.Error("metrics has other buckets: give segmentHead another version")
	}
}

func FuzzScan(f *testing.F) {
	f.Add(segmentOf(busy(testFirst, 443), Sample{Minute: testFirst + 5, Port: 80}))
	f.Add([]byte(segmentHead))
	f.Add(append(segmentOf(busy(testFirst, 443)), make([]byte, 64)...))
	f.Fuzz(func(t *testing.T, segment []byte) {
		got, whole, err := scanned(segment)
		if whole < 0 || whole > len(segment) || err == nil && whole != len(segment) {
			t.Fatalf("%d of %d bytes are whole, with %v", whole, len(segment), err)
		}
		again, n, err := scanned(segment[:whole])
		if whole > 0 && (err != nil || n != whole) || !slices.Equal(again, got) {
			t.Fatalf("what was whole is not: %d of %d bytes, %v", n, whole, err)
		}
		if written, _, err := scanned(segmentOf(got...)); err != nil || !slices.Equal(written, got) {
			t.Fatalf("written again it is %+v and %v, want %+v", written, err, got)
		}
	})
}

// FuzzDecode decodes payloads with a valid checksum.
func FuzzDecode(f *testing.F) {
	sample := busy(testFirst, 443)
	f.Add(appendPayload(nil, &sample))
	f.Add([]byte{0, 0, 0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var s, again Sample
		if s.decode(payload) && (!again.decode(appendPayload(nil, &s)) || again != s) {
			t.Errorf("%x: read as %+v, then as %+v", payload, s, again)
		}
	})
}
