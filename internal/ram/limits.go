package ram

const (
	// MaxDocumentBytes bounds a policy document. RAM's documents of 2021 say
	// 2,048, the present ones 6,144 for a custom policy; the larger is chosen so
	// that every policy of theirs can be carried over.
	MaxDocumentBytes = 6144

	// maxSegment bounds the characters between two asterisks of a pattern if a
	// question mark is among them. Such a segment is looked for at every place of
	// a value, so this is the factor by which matching is linear.
	maxSegment = 64
)
