package ram

const (
	// MaxDocumentBytes bounds a policy document. RAM's documentation of 2021 says
	// 2,048, the current one 6,144 for a custom policy; the larger is used so
	// that every policy of theirs can be carried over.
	MaxDocumentBytes = 6144

	// maxSegment bounds the characters between two asterisks of a pattern if a
	// question mark is among them. Such a segment is tried at every position of a
	// value, so this is the constant factor of linear matching.
	maxSegment = 64
)
