package history

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/bits"
	"time"

	"elbow/internal/metrics"
)

// A segment is its head followed by records. A record is the length of its
// payload as a varint, the CRC-32C of the payload in 4 bytes, little endian, and
// the payload: a sequence of varints,
//
//	minute  of the day, UTC
//	port
//	fields  bit n: field n of counts and then levels is not 0; the bit after
//	        the last: there are times
//	…       those fields
//
// and if there are times
//
//	sum      of all of them, in nanoseconds
//	buckets  bit n: bucket n is not empty
//	…        the counts of those buckets
//
// The bounds of the buckets and the order of the fields are part of the format: a
// change of either needs another head.
const segmentHead = "elbow history 1\n"

const (
	minutesPerDay = 24 * 60

	// maxPayload bounds the payload: 3 numbers of at most 3 bytes, 14 fields, the
	// sum and one count per bucket of at most 10, and their mask.
	maxPayload = 3*3 + (14+1+metrics.Buckets)*binary.MaxVarintLen64 + 3
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendRecord appends the record of a sample.
func appendRecord(to []byte, s *Sample) []byte {
	return appendFramed(to, appendPayload(make([]byte, 0, 128), s))
}

func appendFramed(to, payload []byte) []byte {
	to = binary.AppendUvarint(to, uint64(len(payload)))
	to = binary.LittleEndian.AppendUint32(to, crc32.Checksum(payload, castagnoli))
	return append(to, payload...)
}

func appendPayload(to []byte, s *Sample) []byte {
	to = binary.AppendUvarint(to, uint64(s.Minute%minutesPerDay))
	to = binary.AppendUvarint(to, uint64(s.Port))
	fields := s.fields()
	mask := uint64(0)
	for n, field := range fields {
		if *field != 0 {
			mask |= 1 << n
		}
	}
	times := s.Times != (metrics.Times{})
	if times {
		mask |= 1 << len(fields)
	}
	to = binary.AppendUvarint(to, mask)
	for _, field := range fields {
		if *field != 0 {
			to = binary.AppendUvarint(to, *field)
		}
	}
	if times {
		to = appendTimes(to, &s.Times)
	}
	return to
}

func appendTimes(to []byte, t *metrics.Times) []byte {
	to = binary.AppendUvarint(to, uint64(t.Sum))
	buckets := t.PerBucket()
	mask := uint64(0)
	for n, count := range buckets {
		if count != 0 {
			mask |= 1 << n
		}
	}
	to = binary.AppendUvarint(to, mask)
	for _, count := range buckets {
		if count != 0 {
			to = binary.AppendUvarint(to, count)
		}
	}
	return to
}

// fields returns all numbers of a sample in the order of the format.
func (s *Sample) fields() []*uint64 {
	counts, levels := s.counts(), s.levels()
	return append(counts[:], levels[:]...)
}

var (
	// errTorn says that a segment ends within a record: the process or the
	// machine stopped while it was written.
	errTorn = errors.New("ends within a record")

	// errDamaged says that the content of a segment is corrupt.
	errDamaged = errors.New("is damaged")
)

// scan visits the samples of a segment of a day in the order in which they were
// written, and returns how many bytes at its start are complete records.
func scan(segment []byte, day time.Time, visit func(*Sample)) (whole int, err error) {
	if len(segment) < len(segmentHead) && segmentHead[:len(segment)] == string(segment) {
		return 0, errTorn
	}
	if len(segment) < len(segmentHead) || string(segment[:len(segmentHead)]) != segmentHead {
		return 0, damage(segment)
	}
	first := day.Unix() / 60
	for whole = len(segmentHead); whole < len(segment); {
		payload, size, err := cut(segment[whole:])
		if err != nil {
			return whole, err
		}
		var s Sample
		if !s.decode(payload) {
			return whole, errDamaged
		}
		s.Minute += first
		visit(&s)
		whole += size
	}
	return whole, nil
}

// cut splits the first record off.
func cut(rest []byte) (payload []byte, size int, err error) {
	length, n := binary.Uvarint(rest)
	if n == 0 {
		return nil, 0, errTorn
	}
	if n < 0 || length == 0 || length > uint64(maxPayload) {
		return nil, 0, damage(rest)
	}
	size = n + crc32.Size + int(length)
	if size > len(rest) {
		return nil, 0, errTorn
	}
	payload = rest[n+crc32.Size : size]
	if crc32.Checksum(payload, castagnoli) == binary.LittleEndian.Uint32(rest[n:]) {
		return payload, size, nil
	}
	if size == len(rest) { // after a power failure the end may be there without the bytes before it
		return nil, 0, errTorn
	}
	return nil, 0, damage(rest)
}

// damage distinguishes zeros, which some file systems leave after a power failure
// at the end of a file, from corruption.
func damage(rest []byte) error {
	for _, b := range rest {
		if b != 0 {
			return errDamaged
		}
	}
	return errTorn
}

// decode parses a payload; trailing bytes are an error.
func (s *Sample) decode(payload []byte) bool {
	r := numbers{payload, true}
	s.Minute = int64(r.next(minutesPerDay - 1))
	s.Port = int(r.next(UDP + 65535))
	fields := s.fields()
	mask := r.next(1<<(len(fields)+1) - 1)
	for n, field := range fields {
		if mask&(1<<n) != 0 {
			*field = r.next(1<<64 - 1)
		}
	}
	if mask&(1<<len(fields)) != 0 {
		s.Times = r.times()
	}
	return r.ok && len(r.rest) == 0
}

// numbers reads varints.
type numbers struct {
	rest []byte
	ok   bool
}

// next returns the next number, at most most.
func (r *numbers) next(most uint64) uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 || n > most {
		r.rest, r.ok = nil, false
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

func (r *numbers) times() metrics.Times {
	var buckets [metrics.Buckets]uint64
	sum := time.Duration(r.next(1<<63 - 1))
	for mask := r.next(1<<metrics.Buckets - 1); mask != 0; mask &= mask - 1 {
		buckets[bits.TrailingZeros64(mask)] = r.next(1<<64 - 1)
	}
	return metrics.TimesOf(buckets, sum)
}
