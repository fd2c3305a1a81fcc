package rpc

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
	"time"

	"elbow/internal/regular"
)

// nonceFileHead is the start of a file of nonces; the boot id of the machine and
// a line end follow.
const nonceFileHead = "elbow nonces 1 "

// maxKeyBytes bounds an access key id in the file.
const maxKeyBytes = 255

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendNonce appends a record. An access key id that is too long is cut, which
// only affects the bounds.
func appendNonce(b []byte, u UsedNonce) []byte {
	key := u.AccessKeyID[:min(len(u.AccessKeyID), maxKeyBytes)]
	b = append(b, byte(len(key)))
	b = append(b, key...)
	b = append(b, u.ID...)
	b = binary.BigEndian.AppendUint64(b, uint64(u.Forget.UnixNano()))
	return appendSum(b)
}

func appendSum(record []byte) []byte {
	return binary.BigEndian.AppendUint32(record, crc32.Checksum(record, castagnoli))
}

// readNonces reads a file of nonces: the records before the first damaged one,
// whether the file was closed, and the boot in which it was written.
func readNonces(path string) (all []UsedNonce, clean bool, boot string, err error) {
	content, err := regular.ReadFile(path)
	if err != nil {
		return nil, false, "", err
	}
	all, clean, boot, err = parseNonces(content)
	if err != nil {
		err = fmt.Errorf("%s is damaged: %w", path, err)
	}
	return all, clean, boot, err
}

func parseNonces(content []byte) (all []UsedNonce, clean bool, boot string, err error) {
	line, rest, found := bytes.Cut(content, []byte("\n"))
	boot, ours := strings.CutPrefix(string(line), nonceFileHead)
	if !found || !ours {
		return nil, false, "", errors.New("it does not begin as a file of nonces")
	}
	for len(rest) > 0 {
		if clean {
			return all, false, boot, errors.New("more follows its end")
		}
		key := int(rest[0])
		size := 1 + 4
		if key > 0 {
			size = 1 + key + len(nonceID{}) + 8 + 4
		}
		if len(rest) < size {
			return all, false, boot, io.ErrUnexpectedEOF
		}
		record := rest[:size]
		rest = rest[size:]
		if crc32.Checksum(record[:size-4], castagnoli) != binary.BigEndian.Uint32(record[size-4:]) {
			return all, false, boot, fmt.Errorf("the checksum of record %d does not match", len(all)+1)
		}
		if key == 0 {
			clean = true
			continue
		}
		at := 1 + key + len(nonceID{})
		all = append(all, UsedNonce{
			ID: record[1+key : at], AccessKeyID: string(record[1 : 1+key]),
			Forget: time.Unix(0, int64(binary.BigEndian.Uint64(record[at:]))),
		})
	}
	return all, clean, boot, nil
}

// bootOf returns an id of this boot of the machine, and when it began: now, if
// the system does not say.
func bootOf(now time.Time) (id string, began time.Time) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return fmt.Sprintf("unknown-%d", now.UnixNano()), now
	}
	began = now
	if up, err := os.ReadFile("/proc/uptime"); err == nil {
		var seconds float64
		if _, err := fmt.Sscan(string(up), &seconds); err == nil {
			began = now.Add(-time.Duration(seconds * float64(time.Second)))
		}
	}
	return strings.TrimSpace(string(text)), began
}
