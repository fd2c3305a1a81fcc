package embedded

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"

	"elbow/internal/regular"
)

// walDir is the path of the write-ahead log in the store.
var walDir = filepath.Join("member", "wal")

// A logState is the state of the write-ahead log, from all its files.
type logState struct {
	files     []string // names, oldest first; none: there is no log
	last      uint64   // index of the last entry
	snapshot  uint64   // index of the last entry that a snapshot replaced
	committed uint64   // index of the last entry known to be committed
	whole     bool     // the log begins with the first entry
	torn      bool     // the last record is incomplete: that write was never acknowledged
	short     bool     // the last file is shorter than what etcd reserves
	end       int64    // end of the complete records in the last file, in bytes
	crc       uint32   // of what was read
}

// readLog reads the write-ahead log without changing it. etcd ends the process
// over some kinds of damage and ignores others: a record of zero length ends the
// log for it, whatever follows. Here the error is a *DamageError.
func (d *directory) readLog() (*logState, error) {
	s := new(logState)
	names, err := d.logFiles()
	if err != nil {
		return nil, err
	}
	s.files = names
	s.whole = len(names) > 0 && strings.HasPrefix(names[0], "0000000000000000-")
	for i, name := range names {
		end, err := d.readLogFile(s, name)
		switch {
		case err != nil:
			return nil, d.damaged(filepath.Join(walDir, name), "%w", err)
		case end.torn && i < len(names)-1:
			return nil, d.damaged(filepath.Join(walDir, name), "it ends in the middle of a record, and another file follows")
		case end.torn && end.short:
			return nil, d.damaged(filepath.Join(walDir, name), "it was cut off at %d bytes, in the middle of a record", end.size)
		}
		s.torn, s.short, s.end = end.torn, end.short, end.records
	}
	s.last = max(s.last, s.snapshot)
	s.whole = s.whole && s.snapshot == 0
	if s.committed > s.last {
		return nil, d.damaged(filepath.Join(walDir, names[len(names)-1]), "it ends at entry %d of %d", s.last, s.committed)
	}
	return s, nil
}

// logFiles lists the files of the log. Their names contain a sequence number and
// the index of their first entry.
func (d *directory) logFiles() (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(d.store(), walDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, d.damaged(walDir, "%w", err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".wal") {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	before := uint64(0)
	for i, name := range names {
		var number, index uint64
		if _, err := fmt.Sscanf(name, "%016x-%016x.wal", &number, &index); err != nil {
			return nil, d.damaged(filepath.Join(walDir, name), "its name is not one of the log's: %w", err)
		}
		if i > 0 && number != before+1 {
			return nil, d.damaged(walDir, "file %016x of the log is missing", before+1)
		}
		before = number
	}
	return names, nil
}

// A logEnd is the end of a log file.
type logEnd struct {
	torn  bool  // the last record is incomplete
	short bool  // and the file is shorter than what etcd reserves for it
	size  int64 // in bytes

	records int64 // bytes of complete records
}

// readLogFile adds the records of a file to s.
func (d *directory) readLogFile(s *logState, name string) (end logEnd, err error) {
	f, err := regular.Open(filepath.Join(d.store(), walDir, name))
	if err != nil {
		return end, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return end, err
	}
	end.size, end.short = info.Size(), info.Size() < wal.SegmentSizeBytes
	decoder := wal.NewDecoder(fileutil.NewFileReader(f))
	first := true
	for rec := new(walpb.Record); ; first = false {
		end.records = decoder.LastOffset()
		err := decoder.Decode(rec)
		switch {
		case errors.Is(err, io.EOF) && first:
			return end, errors.New("it is empty")
		case errors.Is(err, io.EOF):
			return end, nil
		case errors.Is(err, io.ErrUnexpectedEOF):
			end.torn = true
			return end, nil
		case err != nil:
			return end, err
		}
		if err := s.add(rec, decoder, first); err != nil {
			return end, fmt.Errorf("after %d bytes: %w", decoder.LastOffset(), err)
		}
		s.crc = decoder.LastCRC()
	}
}

// add records a record. The first one of a file carries the checksum of
// everything written before.
func (s *logState) add(rec *walpb.Record, decoder wal.Decoder, first bool) error {
	if (rec.GetType() == wal.CrcType) != first {
		return errors.New("a record is not in its place")
	}
	switch rec.GetType() {
	case wal.CrcType:
		if s.crc != 0 && rec.Validate(s.crc) != nil {
			return errors.New("the checksum of the file before it does not match")
		}
		decoder.UpdateCRC(rec.GetCrc())
	case wal.EntryType:
		var e raftpb.Entry
		if err := proto.Unmarshal(rec.Data, &e); err != nil {
			return err
		}
		if s.last != 0 && e.GetIndex() > s.last+1 {
			return fmt.Errorf("entry %d follows entry %d", e.GetIndex(), s.last)
		}
		s.last = e.GetIndex()
	case wal.StateType:
		var state raftpb.HardState
		if err := proto.Unmarshal(rec.Data, &state); err != nil {
			return err
		}
		s.committed = max(s.committed, state.GetCommit())
	case wal.SnapshotType:
		var snapshot walpb.Snapshot
		if err := proto.Unmarshal(rec.Data, &snapshot); err != nil {
			return err
		}
		s.snapshot = max(s.snapshot, snapshot.GetIndex())
	case wal.MetadataType:
	default:
		return fmt.Errorf("a record of unknown type %d", rec.GetType())
	}
	return nil
}
